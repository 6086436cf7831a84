export interface Prosody {
  /** Speed, 0.5 to 2. Default: 1. */
  rate?: number;
  /** Shift in semitones, -12 to 12. Default: 0. */
  pitch?: number;
  /** 0 to 2. Default: 1. */
  volume?: number;
  /** Melody, 0 (monotone) to 2. Default: 1. */
  expression?: number;
  /** One of `facts.speakers`. Default: the first. */
  speaker?: string;
  /** Default: false. */
  whisper?: boolean;
}

export interface Utterance {
  phonemes: string;
  /** The words as they are read, each with its phonemes. */
  words: { text: string; phonemes: string }[];
}

export interface Options extends Prosody {
  /** Interpret markup such as [[pause 500]]. Default: false. */
  markup?: boolean;
  /** Called before the first sample of each utterance. */
  onUtterance?: (utterance: Utterance) => void;
  /** Called once a word has begun. Both are counted from the beginning of the text. */
  onWord?: (mark: { word: number; sample: number }) => void;
}

/** A voice, which speaks one text at a time. */
export class Speech {
  readonly sampleRate: number;
  readonly stateBytes: number;
  /** About how many samples of the speech in progress have not been computed yet. */
  readonly left: number;
  /** Utterances so far, and characters that were read only as the name of their script or kind. */
  readonly report: { utterances: number; unnamed: number };
  /** Samples of a text, at most 200 at a time. An array may be empty: the voice is still computing. */
  speak(text: string, options?: Options): Generator<Int16Array, void, void>;
  samples(text: string, options?: Options): Int16Array;
  buffer(context: BaseAudioContext, text: string, options?: Options): AudioBuffer;
  stream(text: string, options?: Options): ReadableStream<Int16Array>;
  /** Changes how the speech in progress goes on. Throws a RangeError. */
  set(prosody: Prosody): void;
  /** Ends the speech in progress. */
  stop(): void;
}

export function load(wasm?: ArrayBuffer | ArrayBufferView | Response | WebAssembly.Module): Promise<Speech>;

export const facts: {
  readonly name: string;
  readonly language: string;
  readonly sample_rate: number;
  readonly hash: string;
  readonly symbols: Record<string, string>;
  /** Empty if the voice has only one speaker. */
  readonly speakers: readonly string[];
};
