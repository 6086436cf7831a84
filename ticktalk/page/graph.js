// A graph as WebAssembly, and conversions of its inputs and outputs.

const ARRAYS = {
  int8: Int8Array, uint8: Uint8Array, bool: Uint8Array, int16: Int16Array, int32: Int32Array, float32: Float32Array,
  int64: BigInt64Array,
};

class Graph {
  static async load(module, inputs, outputs) {
    const graph = new this();
    const imports = { page: { wrote: (tensor, data, bytes) => graph.#tensors.set(tensor, graph.#copy(data, bytes)) } };
    graph.#c = (await WebAssembly.instantiate(module, imports)).exports;
    Object.assign(graph, { inputs, outputs });
    return graph;
  }

  #c;
  #tensors = new Map();

  #copy(address, bytes) {
    return new Uint8Array(this.#c.memory.buffer, address, bytes).slice();
  }

  // Computes the outputs from the bytes of the inputs. Returns the bytes of the outputs and of each tensor that an operator
  // wrote. Unless `goOn` is true, the graph's state is reset.
  run(values, goOn = false) {
    this.#tensors = new Map();
    if (!goOn) this.#c.reset();
    values.forEach((bytes, i) => new Uint8Array(this.#c.memory.buffer).set(bytes, this.#c.input(i)));
    const begun = performance.now();
    this.#c.invoke();
    const ms = performance.now() - begun;
    return { ms, tensors: this.#tensors, outputs: this.outputs.map((each, i) => this.#copy(this.#c.output(i), each.bytes)) };
  }
}

// Returns the elements of a tensor as JavaScript numbers.
const numbersOf = (bytes, tensor) => Array.from(new ARRAYS[tensor.dtype](bytes.buffer), Number);

// Returns the real value of a number in a quantised tensor.
const real = (q, { scale, zero }) => (scale ? scale * (q - zero) : q);

// Returns the bytes of a tensor that has these values. The values are quantised if `meant` is true.
function bytesOf(values, tensor, meant) {
  if (values.length === 1) values = Array(tensor.size).fill(values[0]);
  if (values.length !== tensor.size) throw new RangeError(`needs ${tensor.size} numbers, but got ${values.length}`);
  const [low, high] = tensor.limits ?? [-Infinity, Infinity], whole = tensor.limits !== null;
  const found = values.map((value) => {
    if (!Number.isFinite(value)) throw new RangeError("takes only numbers");
    if (meant && tensor.scale) value = Math.round(value / tensor.scale) + tensor.zero;
    else if (whole && (value !== Math.round(value) || value < low || value > high))
      throw new RangeError(`takes whole numbers from ${low} to ${high}, not ${value}; or choose values`);
    return Math.min(high, Math.max(low, value));
  });
  return new Uint8Array(ARRAYS[tensor.dtype].from(tensor.dtype === "int64" ? found.map(BigInt) : found).buffer);
}

function randomOf(tensor) {
  const [low, high] = tensor.limits ?? [-2, 2], whole = tensor.limits !== null;
  const values = Array.from({ length: tensor.size }, () => low + Math.random() * (high - low + whole));
  return bytesOf(whole ? values.map(Math.floor) : values, tensor, false);
}

const KINDS = { "|i1": Int8Array, "|u1": Uint8Array, "|b1": Uint8Array, "<i2": Int16Array, "<i4": Int32Array, "<f4": Float32Array,
  "<f8": Float64Array, "<i8": BigInt64Array };

// Returns the values of a NumPy file, and whether they are real numbers.
function npy(buffer) {
  const bytes = new Uint8Array(buffer), view = new DataView(buffer), letters = (from, to) =>
    String.fromCharCode(...bytes.subarray(from, to));
  const wide = bytes[6] > 1, from = wide ? 12 : 10, start = from + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = letters(from, Math.min(start, from + 4096)), descr = /'descr': *'([^']*)'/.exec(header)?.[1];
  if (!KINDS[descr] || /'fortran_order': *True/.test(header)) throw new TypeError(`this NumPy file has ${descr ? `the type ${descr}` : "no type"}, or is in Fortran order`);
  return { values: Array.from(new KINDS[descr](buffer.slice(start)), Number), real: descr.includes("f") };
}

// Returns the bytes of a tensor from a file: .npy, .wav, .csv or .txt, or raw bytes.
async function bytesOfFile(file, tensor, meant, rate) {
  const buffer = await file.arrayBuffer(), bytes = new Uint8Array(buffer);
  if (bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === "NUMPY") {
    const found = npy(buffer);
    return bytesOf(found.values, tensor, found.real);
  }
  if (/\.(csv|txt)$/i.test(file.name)) return bytesOf(parsed(new TextDecoder().decode(buffer)), tensor, meant);
  if (/\.wav$/i.test(file.name)) {
    const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(buffer);
    return bytesOf(loudest(sound.getChannelData(0), tensor.size), tensor, true);
  }
  if (bytes.length !== tensor.bytes) throw new RangeError(`needs ${tensor.bytes} bytes, but ${file.name} has ${bytes.length}`);
  return bytes;
}

const parsed = (text) => text.trim().split(/[\s,;]+/).map((word) => (word === "" ? NaN : Number(word)));

// The part of a recording with the most energy, padded with silence.
function loudest(samples, size) {
  let energy = 0, most = -1, from = 0;
  for (let i = 0; i < samples.length; i++) {
    energy += samples[i] ** 2 - (i < size ? 0 : samples[i - size] ** 2);
    if (energy > most && (i >= size - 1 || i === samples.length - 1)) [most, from] = [energy, Math.max(0, i - size + 1)];
  }
  return Array.from({ length: size }, (_, i) => samples[from + i] ?? 0);
}
