// The page of a graph: runs it on the user's inputs, shows every tensor, and proves that all tensors equal the
// simulator's.

const { inputs, outputs, operators, records } = facts;
const status = $("status");
const MOST = 10; // maximum number of values to show of an output
const PAUSE = 100; // ms between two windows of the microphone
const decoded = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const loading = unpacked(0).then((module) => Graph.load(module, inputs, outputs));

// ---- inputs

const source = (i) => $(`source-${i}`).value;

async function given(i) {
  const tensor = inputs[i], meant = $(`meant-${i}`).checked;
  if (source(i) === "random") return randomOf(tensor);
  if (source(i) === "numbers") return bytesOf(parsed($(`numbers-${i}`).value), tensor, meant);
  if (source(i) !== "file") return decoded(records[source(i)].inputs[i]);
  const file = $(`file-${i}`).files[0];
  if (!file) throw new RangeError("choose a file first");
  return bytesOfFile(file, tensor, meant, +$("rate").value);
}

async function run() {
  stop();
  try {
    const graph = await loading, values = [];
    for (const [i, tensor] of inputs.entries())
      values.push(await given(i).catch((error) => Promise.reject(new Error(`input ${i} (${tensor.name}) ${error.message}`))));
    const found = graph.run(values);
    show(found);
    await describe(found.tensors);
    status.textContent = `Computed in ${found.ms.toFixed(1)} ms.`;
    status.dataset.runs = 1 + +(status.dataset.runs ?? 0);
  } catch (error) {
    status.textContent = `This cannot be computed: ${error.message}`;
  }
}

// ---- outputs

function show({ outputs: found }) {
  for (const [i, tensor] of outputs.entries()) {
    const values = numbersOf(found[i], tensor), rows = [];
    const order = [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, MOST);
    const [low, high] = tensor.limits ?? [Math.min(...values), Math.max(...values)];
    for (const at of order) {
      const row = document.createElement("tr"), meter = document.createElement("meter");
      Object.assign(meter, { min: low, max: high || low + 1, value: values[at] });
      meter.ariaLabel = `value ${at}`;
      for (const cell of [at, values[at], real(values[at], tensor).toPrecision(4), meter]) {
        row.append(document.createElement("td"));
        row.lastChild.append(cell);
      }
      rows.push(row);
    }
    $(`output-${i}`).replaceChildren(...rows);
  }
}

async function describe(tensors) {
  for (const each of operators) {
    const bytes = tensors.get(each.index);
    if (!bytes) continue;
    const values = numbersOf(bytes, each).map((q) => real(q, each));
    let [low, high, sum] = [Infinity, -Infinity, 0];
    for (const value of values) (low = Math.min(low, value)), (high = Math.max(high, value)), (sum += value);
    const told = [low, sum / values.length, high].map((value) => value.toPrecision(3));
    told.push((await sha256(bytes)).slice(0, 16));
    told.forEach((text, column) => ($(`tensor-${each.index}-${column}`).textContent = text));
  }
}

// ---- the microphone

let listening = null;

function stop() {
  listening?.stream?.getTracks().forEach((track) => track.stop());
  listening?.context?.close();
  if (listening) (listening = null), ($("listen").textContent = "Listen");
}

// Runs the graph repeatedly on the latest window of samples. An analyser buffers the latest samples, so no worklet is
// needed.
async function listen() {
  if (listening) return stop();
  const job = (listening = {});
  $("listen").textContent = "Stop listening";
  try {
    if (!navigator.mediaDevices) throw new Error("the browser gives a microphone only to pages from a file, localhost or https");
    const graph = await loading, tensor = inputs[0];
    job.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    job.context = new AudioContext({ sampleRate: +$("rate").value });
    const analyser = new AnalyserNode(job.context, { fftSize: 32768 }), samples = new Float32Array(analyser.fftSize);
    job.context.createMediaStreamSource(job.stream).connect(analyser);
    if (listening !== job) return void (job.stream.getTracks().forEach((track) => track.stop()), job.context.close());
    for (let windows = 1; listening === job; windows++) {
      analyser.getFloatTimeDomainData(samples);
      const found = graph.run([bytesOf(Array.from(samples.subarray(-tensor.size)), tensor, true)], windows > 1);
      show(found);
      status.textContent = `Listening: window ${windows}, computed in ${found.ms.toFixed(1)} ms.`;
      status.dataset.windows = windows;
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  } catch (error) {
    status.textContent = `This cannot be heard: ${error.message}`;
    if (listening === job) stop();
  }
}

// ---- proof

async function prove() {
  const told = $("proved");
  told.className = "";
  try {
    const graph = await Graph.load(await unpacked(0), inputs, outputs);
    let equal = 0, all = 0;
    for (const { inputs: given_, sums, results } of records) {
      const { tensors, outputs: found } = graph.run(given_.map(decoded));
      const pairs = Object.entries(sums).map(([index, sum]) => [tensors.get(+index), sum]);
      for (const [bytes, sum] of [...pairs, ...found.map((bytes, i) => [bytes, results[i]])])
        all++, (equal += bytes !== undefined && (await sha256(bytes)) === sum);
      await breath();
    }
    told.className = equal === all ? "good" : "bad";
    told.textContent = equal === all
      ? `All ${all} equal: this browser computes exactly the simulator's tensors.`
      : `${all - equal} of ${all} DIFFER from the simulator's.`;
  } catch (error) {
    told.className = "bad";
    told.textContent = `Cannot be checked: ${error.message}`;
  }
}

// ---- controls

for (const i of inputs.keys())
  $(`source-${i}`).addEventListener("change", () => {
    for (const kind of ["numbers", "file"]) $(`${kind}-of-${i}`).hidden = source(i) !== kind;
    $(`meant-of-${i}`).hidden = !["numbers", "file"].includes(source(i));
  });
$("form").addEventListener("submit", (event) => (event.preventDefault(), run()));
$("prove").addEventListener("click", prove);
$("listen")?.addEventListener("click", listen);
document.addEventListener("keydown", (event) => event.key === "Escape" && stop());
for (const button of document.querySelectorAll("button")) button.disabled = false;
