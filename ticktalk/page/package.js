
// ---- the package

export const facts = {{facts}};

// Loads the voice. `wasm` (an ArrayBuffer, a typed array, a Response or a WebAssembly.Module) is needed only if the
// file next to this module cannot be read.
export async function load(wasm) {
  return Speech.load(wasm ?? (await file()), facts);
}

async function file() {
  const url = new URL("./{{name}}.wasm", import.meta.url);
  if (url.protocol === "file:" && globalThis.process?.versions?.node)
    return (await import("node:fs/promises")).readFile(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response;
}

export class Speech extends Voice {
  // Returns all samples of a text.
  samples(text, options) {
    const pieces = [...this.speak(text, options)];
    const all = new Int16Array(pieces.reduce((count, piece) => count + piece.length, 0));
    pieces.reduce((at, piece) => (all.set(piece, at), at + piece.length), 0);
    return all;
  }

  // Returns a text as an AudioBuffer of the context.
  buffer(context, text, options) {
    const samples = this.samples(text, options);
    const buffer = context.createBuffer(1, Math.max(1, samples.length), this.sampleRate);
    buffer.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
    return buffer;
  }

  // Returns a ReadableStream of Int16Array, which computes samples only when they are read.
  stream(text, options) {
    const pieces = this.speak(text, options);
    return new ReadableStream(
      {
        pull: (controller) => {
          let next;
          do next = pieces.next();
          while (!next.done && !next.value.length);
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        },
        cancel: () => this.stop(),
      },
      { highWaterMark: 1 },
    );
  }
}
