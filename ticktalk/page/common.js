// Functions for both pages: read facts, load modules, let other events run, and compute checksums.

const facts = JSON.parse(document.getElementById("facts").textContent);
const $ = (id) => document.getElementById(id);

const SLICE = 8; // ms of computing before events such as key presses are handled

// Returns module number `number` of this page.
async function unpacked(number) {
  const packed = Uint8Array.from(atob($(`wasm-${number}`).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

// Lets the browser handle events, without the 4 ms minimum delay of a timer.
function breath() {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(port1.close());
    port2.postMessage(0);
  });
}

async function sha256(bytes) {
  if (!crypto.subtle) throw new Error("the browser computes SHA-256 only for pages from a file, localhost or https");
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

for (const button of document.querySelectorAll(".copy"))
  button.addEventListener("click", async () => {
    const said = await navigator.clipboard?.writeText(button.dataset.copy).then(() => "Copied", () => null);
    if (!said) getSelection().selectAllChildren(button.previousElementSibling); // to be copied by hand
    button.textContent = said ?? "Selected";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });

