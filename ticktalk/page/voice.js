// A voice as WebAssembly: converts UTF-8 text to exactly the 16-bit samples that a watch computes.
//
//     const voice = await Voice.load(bytes, facts);
//     for (const samples of voice.speak(text)) play(samples);

const ONE = 256; // rate, volume and expression 1.0
const MARK = 1, JOINED = 8; // flags of a word

export class Voice {
  // `wasm` is an ArrayBuffer, a typed array, a Response or a WebAssembly.Module. `facts.symbols` maps ids to phonemes.
  static async load(wasm, facts = {}) {
    const voice = new this(facts);
    const imports = { page: { utterance: (...where) => voice.#utterance(...where) } };
    let module = wasm;
    if (!(wasm instanceof WebAssembly.Module)) {
      const bytes = typeof wasm?.arrayBuffer === "function" ? await wasm.arrayBuffer() : wasm;
      module = await WebAssembly.compile(bytes);
    }
    voice.#c = (await WebAssembly.instantiate(module, imports)).exports;
    voice.#c.init();
    return voice;
  }

  #c; // the module's exports
  #speech = 0; // number of the speech in progress
  #said = { words: "", count: 0 }; // the sentence, and the number of its words that have begun
  #onUtterance = null;

  constructor(facts) {
    this.facts = facts;
  }

  get sampleRate() {
    return this.#c.sample_rate();
  }

  // Size of the voice's state in this module, which equals the RAM usage of the voice alone on a 32-bit chip.
  get stateBytes() {
    return this.#c.state_bytes();
  }

  // Changes the rest of the current speech and all later speech: rate 0.5 to 2, pitch in semitones -12 to 12, volume and
  // expression 0 to 2. `speaker` is one of facts.speakers, by default the first; it and `whisper` change with the next
  // utterance.
  set({ rate = 1, pitch = 0, volume = 1, expression = 1, speaker, whisper = false } = {}) {
    const names = this.facts.speakers ?? [], number = speaker === undefined ? 0 : names.indexOf(speaker);
    if (number < 0) throw new RangeError(`no speaker ${speaker}: ${names.join(", ") || "the voice has only one"}`);
    const of256 = [rate, volume, expression].map((value) => Math.round(ONE * value));
    if (this.#c.set(of256[0], Math.round(pitch), of256[1], of256[2], number, whisper ? 1 : 0))
      throw new RangeError("rate must be from 0.5 to 2, pitch from -12 to 12, volume and expression from 0 to 2");
  }

  // Yields the samples of a text in Int16Arrays of length 0 to 200. An array is empty if the voice is still reading or
  // computing. Starts at the first `next()`, and ends the speech in progress, whose generator then returns.
  // `onUtterance({phonemes, words})` is called before the first sample of each utterance, with `words` of {text,
  // phonemes}; `onWord({word, sample})` is called once word number `word` of the text has begun at sample number
  // `sample`. If `markup` is true, markup such as [[pause 500]] is interpreted.
  *speak(text, { markup = false, onUtterance = null, onWord = null, ...prosody } = {}) {
    const c = this.#c, speech = ++this.#speech;
    this.set(prosody);
    const bytes = new TextEncoder().encode(text);
    const room = c.room(bytes.length);
    if (!room) throw new RangeError("the text is too long for this machine's memory");
    new Uint8Array(c.memory.buffer).set(bytes, room);
    this.#onUtterance = onUtterance;
    this.#said = { words: "", count: 0 };
    if (bytes.length) c.begin(bytes.length, markup ? 1 : 0);
    while (!c.drained()) {
      const count = c.read();
      while (c.next_mark()) onWord?.({ word: c.mark_word(), sample: c.mark_sample() });
      yield new Int16Array(c.memory.buffer, c.samples(), count).slice();
      if (speech !== this.#speech) return;
    }
  }

  // Ends the speech in progress.
  stop() {
    this.#speech++;
    this.#c.stop();
  }

  // The approximate number of samples of the speech in progress that have not been computed yet.
  get left() {
    return this.#c.left();
  }

  // A report on the text so far: the number of utterances (0 at the end if there was nothing to speak), and the number
  // of characters that were read only as the name of their script or kind.
  get report() {
    return { utterances: this.#c.utterances(), unnamed: this.#c.unnamed() };
  }

  #utterance(ids, count, words, bytes) {
    const memory = new Uint8Array(this.#c.memory.buffer);
    const phonemes = Array.from(memory.slice(ids + 1, ids + count - 1), (id) => this.facts.symbols?.[id] ?? "?").join("");
    const spoken = phonemes.split(" ").filter((part) => /\p{L}/u.test(part));
    const all = wordsOf(memory.subarray(words, words + bytes)), sentence = all.join(" ");
    const said = this.#said; // a long sentence is split into several utterances
    const from = said.words === sentence && said.count < all.length ? said.count : 0;
    this.#said = { words: sentence, count: from + spoken.length };
    const read = all.slice(from, from + spoken.length);
    this.#onUtterance?.({ phonemes, words: spoken.map((each, i) => ({ phonemes: each, text: read[i] ?? "" })) });
  }
}

// The words of a sentence, without punctuation marks. Joined words count as one.
function wordsOf(memory) {
  const words = [];
  for (let at = 0; at < memory.length; at += 2 + memory[at + 1]) {
    const [flags, size] = [memory[at], memory[at + 1]];
    if (flags & MARK) continue;
    const word = String.fromCharCode(...memory.subarray(at + 2, at + 2 + size));
    if (flags & JOINED && words.length) words[words.length - 1] += "-" + word;
    else words.push(word);
  }
  return words;
}
