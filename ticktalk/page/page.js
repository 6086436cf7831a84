// The script of the page: speaks the typed text, shows how it is read, and proves that the samples equal the
// simulator's.

const [text, chosen, status] = [$("text"), $("voice"), $("status")];

// Samples in the first buffer, which is small so that it is heard immediately, and in the other buffers.
const FIRST = 400, NEXT = 1600;
const LEAD = 0.02; // seconds between a buffer's arrival and its playback, if nothing is playing
const AHEAD = 1, AHEAD_HIDDEN = 20; // seconds of sound computed in advance; more for a tab in the background, which gets little CPU time
const PATIENCE = 1500; // ms after which the page reports that the browser plays no sound
const LONGEST = 1800; // maximum seconds in a WAV file
const SHOWN = 300; // words

// ---- voices

const modules = new Map();

async function loaded(name) {
  if (!modules.has(name)) modules.set(name, unpacked(facts.voices.findIndex((each) => each.name === name)));
  return Voice.load(await modules.get(name), facts.voices.find((each) => each.name === name));
}

// The voice that speaks the typed text. Other tasks use separate instances, which do not interrupt the speech.
const voices = new Map();
function ready(name) {
  if (!voices.has(name)) voices.set(name, loaded(name));
  return voices.get(name);
}

// ---- sound

// Plays samples as they arrive, in buffers that are scheduled one after the other. An AudioWorklet is not possible: a
// page in a single file could load one only from a blob: URL, which the content security policy forbids.
class Player {
  constructor(context, analyser) {
    this.context = context;
    this.out = context.createGain();
    this.out.connect(analyser);
    this.pieces = []; // [first sample, time]
    this.samples = 0;
    this.end = 0; // time at which the last buffer ends
  }

  push(samples) {
    const { context } = this, rate = context.sampleRate;
    const buffer = context.createBuffer(1, samples.length, rate), values = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) values[i] = samples[i] / 32768;
    if (this.end <= context.currentTime) {
      this.begun = this.samples;
      this.from = Math.ceil((context.currentTime + LEAD) * rate) / rate; // rounded to a whole sample, to avoid interpolation
      this.pieces.push([this.begun, this.from]);
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.out);
    source.start(this.from + (this.samples - this.begun) / rate);
    this.samples += samples.length;
    this.end = this.from + (this.samples - this.begun) / rate;
  }

  get ahead() {
    return Math.max(0, this.end - this.context.currentTime);
  }

  // The number of the sample that is being played.
  get position() {
    const now = this.context.currentTime - (this.context.outputLatency || 0);
    const [first, from] = this.pieces.findLast(([, time]) => time <= now) ?? [0, now];
    return Math.min(this.samples, first + (now - from) * this.context.sampleRate);
  }

  stop() {
    this.out.disconnect();
  }
}

let context, analyser, speaking = null;

function sound(rate) {
  if (context?.sampleRate !== rate) {
    context?.close();
    context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    analyser = new AnalyserNode(context, { fftSize: 512, smoothingTimeConstant: 0, minDecibels: -95, maxDecibels: -25 });
    analyser.connect(context.destination);
  }
  return context.resume();
}

const SETTINGS = ["rate", "pitch", "volume", "expression"];
const prosody = () => ({
  ...Object.fromEntries(SETTINGS.map((id) => [id, +$(id).value])),
  speaker: $("speaker").value || undefined, // "" if the voice has only one
  whisper: $("whisper").checked,
});

// Changes the speech in progress, unless another voice has been chosen since, which may have other speakers.
function change() {
  if (speaking?.name === chosen.value) speaking.voice?.set(speaking.how());
}

function offerSpeakers() {
  const { speakers } = facts.voices.find((each) => each.name === chosen.value);
  $("speaker").replaceChildren(...speakers.map((name) => new Option(name)));
  $("speakers").hidden = !speakers.length;
}

function stop(told) {
  if (!speaking) return;
  speaking.stopped = true;
  speaking.voice?.stop();
  speaking.player?.stop();
  speaking = null;
  if (told) status.textContent = told;
}

async function speak(said = text.value, name = chosen.value, how = prosody) {
  stop();
  const job = (speaking = { said, name, how, asked: performance.now(), stopped: false, words: [], marks: [], computing: 0 });
  $("read").replaceChildren();
  $("spectrogram").hidden = false;
  status.textContent = "";
  try {
    const resumed = sound(facts.voices.find((each) => each.name === name).sample_rate);
    job.voice = await ready(name);
    await Promise.race([resumed, new Promise((done) => setTimeout(done, PATIENCE))]);
    if (job.stopped) return;
    if (context.state !== "running") return stop("The browser plays no sound: is there an audio device?");
    job.player = new Player(context, analyser);
    await play(job);
  } catch (error) {
    if (!job.stopped) stop(`This cannot be spoken: ${error.message}`);
  }
}

async function play(job) {
  const { voice, player } = job;
  const options = { ...job.how(), onUtterance: (each) => show(job, each), onWord: (mark) => job.marks.push(mark) };
  let waiting = [], count = 0;
  const flush = () => {
    if (!count) return;
    player.push(joined(waiting, count));
    job.first ??= performance.now() - job.asked + 1000 * (LEAD + context.baseLatency);
    [waiting, count] = [[], 0];
  };
  requestAnimationFrame(() => draw(job));
  let slice = performance.now();
  for (const samples of voice.speak(job.said, options)) {
    if (samples.length) waiting.push(samples), (count += samples.length);
    if (count >= (job.first === undefined ? FIRST : NEXT)) flush();
    if (performance.now() - slice < SLICE) continue;
    job.computing += performance.now() - slice;
    await breath();
    while (!job.stopped && player.ahead > (document.hidden ? AHEAD_HIDDEN : AHEAD))
      await new Promise((done) => (setTimeout(done, 40), (wake = done)));
    if (job.stopped) return;
    slice = performance.now();
  }
  job.computing += performance.now() - slice;
  flush();
  const { unnamed } = voice.report, seconds = player.samples / voice.sampleRate;
  if (!seconds) return stop("There is nothing in this text that can be spoken.");
  const speed = (1000 * seconds) / job.computing;
  const left = unnamed ? ` ${unnamed} ${unnamed > 1 ? "characters were" : "character was"} read only as the name of a script or kind.` : "";
  status.textContent = `${seconds.toFixed(1)} s of speech, computed at ${speed.toFixed(0)} times real time; first sound after ` +
    `${job.first.toFixed(0)} ms.${left}`;
  Object.assign(status.dataset, { seconds, speed, first: job.first });
  while (!job.stopped && player.ahead) await new Promise((done) => setTimeout(done, 40));
  if (!job.stopped) stop();
}

let wake = null; // function that ends the pause until more samples are needed
document.addEventListener("visibilitychange", () => wake?.());

function joined(pieces, count) {
  const all = new Int16Array(count);
  let at = 0;
  for (const piece of pieces) all.set(piece, at), (at += piece.length);
  return all;
}

// ---- words and phonemes

function show(job, { words }) {
  if (job.stopped) return;
  for (const { text: read, phonemes } of words) {
    const ruby = document.createElement("ruby"), above = document.createElement("rt");
    above.textContent = phonemes;
    ruby.append(read || "·", above);
    $("read").append(ruby);
    job.words.push(ruby);
  }
  while ($("read").childElementCount > SHOWN) $("read").firstElementChild.remove();
}

function highlight(job) {
  const position = job.player.position;
  let word = job.now ?? -1;
  while (job.marks.length && job.marks[0].sample <= position) word = job.marks.shift().word;
  if (word === job.now || word < 0) return;
  job.words[job.now]?.classList.remove("now");
  const now = job.words[(job.now = word)], read = $("read");
  now?.classList.add("now");
  if (now) read.scrollTop = Math.max(0, now.offsetTop - read.offsetTop - read.clientHeight / 2);
}

// ---- spectrogram

const canvas = $("spectrogram"), picture = canvas.getContext("2d", { willReadFrequently: false });
const COLOURS = [[11, 14, 42], [66, 24, 107], [150, 44, 128], [226, 89, 92], [252, 174, 104], [252, 253, 191]];

function colour(level) {
  const at = (level / 255) * (COLOURS.length - 1), low = Math.min(COLOURS.length - 2, Math.floor(at));
  return COLOURS[low].map((value, i) => value + (at - low) * (COLOURS[low + 1][i] - value));
}
const PALETTE = Array.from({ length: 256 }, (_, level) => colour(level));

function draw(job) {
  if (job.stopped) return job.words[job.now]?.classList.remove("now");
  highlight(job);
  const levels = new Uint8Array(analyser.frequencyBinCount);
  analyser.getByteFrequencyData(levels);
  const { width, height } = canvas, column = picture.createImageData(2, height);
  for (let y = 0; y < height; y++) {
    const [r, g, b] = PALETTE[levels[Math.floor(((height - 1 - y) * levels.length) / height)]];
    for (let x = 0; x < 2; x++) column.data.set([r, g, b, 255], 4 * (2 * y + x));
  }
  picture.drawImage(canvas, -2, 0);
  picture.putImageData(column, width - 2, 0);
  requestAnimationFrame(() => draw(job));
}

// ---- WAV

async function save() {
  $("save").disabled = true;
  try {
    const voice = await loaded(chosen.value), pieces = [];
    const count = await computed(voice, text.value, prosody(), pieces, LONGEST * voice.sampleRate, (samples) =>
      (status.textContent = `Computing ${(samples / voice.sampleRate).toFixed(0)} s of speech ...`));
    if (!count) return void (status.textContent = "There is nothing in this text that can be spoken.");
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(new Blob([header(count, voice.sampleRate), joined(pieces, count)], { type: "audio/wav" })),
      download: "speech.wav",
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    const whole = count < LONGEST * voice.sampleRate;
    status.textContent = `Saved ${(count / voice.sampleRate).toFixed(1)} s${whole ? "" : ", the most that one file may have"}.`;
  } catch (error) {
    status.textContent = `This cannot be saved: ${error.message}`;
  } finally {
    $("save").disabled = false;
  }
}

// Appends the samples of a whole text to `pieces`, and returns the number of samples.
async function computed(voice, said, how, pieces, most, tell) {
  let count = 0, slice = performance.now();
  for (const samples of voice.speak(said, how)) {
    if (samples.length) pieces.push(samples), (count += samples.length);
    if (count >= most) break;
    if (performance.now() - slice < 3 * SLICE) continue;
    tell(count);
    await breath();
    slice = performance.now();
  }
  return count;
}

function header(count, rate) {
  const view = new DataView(new ArrayBuffer(44));
  const word = (at, letters) => [...letters].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  word(0, "RIFF"), view.setUint32(4, 36 + 2 * count, true), word(8, "WAVEfmt "), view.setUint32(16, 16, true);
  view.setUint16(20, 1, true), view.setUint16(22, 1, true), view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true), view.setUint16(32, 2, true), view.setUint16(34, 16, true);
  word(36, "data"), view.setUint32(40, 2 * count, true);
  return view;
}

// ---- proof

async function prove() {
  const button = $("prove"), told = $("proved");
  button.disabled = true;
  told.className = "";
  try {
    let equal = 0, all = 0;
    for (const [number, told_] of facts.voices.entries()) {
      const voice = await loaded(told_.name);
      for (const [row, { text: said, sha256: expected }] of told_.proof.entries()) {
        const pieces = [], count = await computed(voice, said, {}, pieces, Infinity, () => {});
        const found = await sha256(joined(pieces, count));
        const same = found === expected, cell = $(`proof-${row}-${number}`);
        cell.className = same ? "good" : "bad";
        cell.lastElementChild.textContent = same ? " ✓" : ` ✗ here: ${found.slice(0, 16)}`;
        equal += same;
        told.textContent = `${equal} of ${++all} equal`;
      }
    }
    told.className = equal === all ? "good" : "bad";
    told.textContent = equal === all
      ? `All ${all} equal: this browser computes exactly the simulator's samples.`
      : `${all - equal} of ${all} DIFFER from the simulator's.`;
  } catch (error) {
    told.className = "bad";
    told.textContent = `Cannot be checked: ${error.message}`;
  }
  button.disabled = false;
}

// ---- controls

$("form").addEventListener("submit", (event) => (event.preventDefault(), speak()));
$("stop").addEventListener("click", () => stop("Stopped."));
$("save").addEventListener("click", save);
$("prove").addEventListener("click", prove);
for (const button of document.querySelectorAll(".play"))
  button.addEventListener("click", () => speak(button.dataset.text, button.dataset.voice, () => ({}))); // as it was scored
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) event.preventDefault(), speak();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && stop("Stopped."));
for (const id of SETTINGS) {
  const slider = $(id), shown = (v) => (id === "pitch" ? `${+v > 0 ? "+" : ""}${v}` : (+v).toFixed(2));
  const told = () => {
    $(`${id}-now`).textContent = shown(slider.value);
    change();
  };
  slider.addEventListener("input", told);
  told();
}
picture.fillStyle = `rgb(${COLOURS[0]})`;
picture.fillRect(0, 0, canvas.width, canvas.height);
$("speaker").addEventListener("change", change);
$("whisper").addEventListener("change", change);
chosen.addEventListener("change", () => {
  offerSpeakers();
  if (facts.voices.some((each) => each.greeting === text.value)) // nobody has typed yet
    text.value = facts.voices.find((each) => each.name === chosen.value).greeting;
  ready(chosen.value);
});
offerSpeakers();
ready(chosen.value); // while the user is still reading the page
for (const button of document.querySelectorAll("button")) button.disabled = false;
