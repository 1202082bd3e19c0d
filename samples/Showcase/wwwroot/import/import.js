// Import: each item of the file is an event. The page counts them as they come and draws once a frame, however many there are.

import { madeUpGoods } from "/import/made-up.js";
import { TidingsSource } from "/tidings.js";

const stateNames = ["connecting", "open", "closed"]; // by readyState
const words = { receiving: "Receiving the file …", importing: "Importing …", finished: "Finished.", cancelled: "Cancelled.", failed: "Failed." };
const element = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");

let progress = { state: "none" };
let items = 0;
let maxBytes = Infinity;
let isDue = false;

const source = new TidingsSource("/imports/events");
source.onopen = source.onerror = () => {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
};

// Comes first, and whenever somebody begins another import, in whichever window: what it is, and what was told of it before this window came.
source.addEventListener("import", (event) => {
  const begun = JSON.parse(event.data);
  maxBytes = begun.maxBytes;
  items = begun.items;
  element("name").textContent = begun.name;
  element("bad-lines").replaceChildren(...begun.bad.map(badLine));
  element("columns").replaceChildren();
  element("result").hidden = true;
  draw();
});
source.addEventListener("progress", (event) => {
  progress = JSON.parse(event.data);
  draw();
});
source.addEventListener("item", () => {
  items++;
  draw();
});
source.addEventListener("bad", (event) => {
  items++;
  element("bad-lines").append(badLine(JSON.parse(event.data)));
  draw();
});
source.addEventListener("end", (event) => {
  const { why, columns } = JSON.parse(event.data);
  element("result").hidden = !columns;
  element("columns").replaceChildren(...(columns ?? []).map(columnRow));
  progress.why = why;
  draw();
});

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = element("file").files;
  upload(file, file.name);
});
element("make").addEventListener("click", async () => {
  element("make").disabled = true;
  try {
    await upload(await madeUpGoods(50_000), "made-up goods.csv");
  } finally {
    element("make").disabled = false;
  }
});
element("cancel").addEventListener("click", () => fetch("/imports/current", { method: "DELETE" }));

async function upload(file, name) {
  showError("");
  if (file.size > maxBytes) {
    showError(`The file is larger than ${megabytes(maxBytes)}.`); // Told before all of it has travelled for nothing.
    return;
  }
  try {
    const answer = await fetch(`/imports?name=${encodeURIComponent(name)}`, { method: "POST", headers: { "Content-Type": "text/csv" }, body: file });
    if (!answer.ok) {
      showError((await answer.json()).detail);
    }
  } catch {
    showError("The upload broke off.");
  }
}

function draw() {
  if (!isDue) {
    isDue = true;
    requestAnimationFrame(drawNow);
  }
}

function drawNow() {
  isDue = false;
  const { state, size, received, bytes, why } = progress;
  const isRunning = state === "receiving" || state === "importing";
  element("empty").hidden = state !== "none";
  element("import").hidden = state === "none";
  element("cancel").disabled = !isRunning;
  element("upload").disabled = element("make").disabled = isRunning;
  element("state").textContent = [words[state], why].filter(Boolean).join(" ");
  element("state").dataset.state = state;

  const done = state === "receiving" || !bytes ? received : bytes;
  if (size) {
    element("bar").value = done / size;
  } else {
    element("bar").removeAttribute("value"); // Nobody knows how long it takes.
  }
  element("bytes").textContent = size ? `${megabytes(done)} of ${megabytes(size)}` : megabytes(done ?? 0);
  element("items").textContent = number(items);
  element("bad").textContent = number(element("bad-lines").childElementCount);
  element("problems").hidden = element("bad-lines").childElementCount === 0;
}

function badLine({ line, problem }) {
  const item = document.createElement("li");
  const where = document.createElement("span");
  where.className = "stamp";
  where.textContent = `line ${number(line)}`;
  item.append(where, problem);
  return item;
}

function columnRow({ name, filled, numbers, sum, min, max }) {
  const row = document.createElement("tr");
  const title = document.createElement("th");
  title.scope = "row";
  title.textContent = name;
  row.append(title);
  for (const value of [filled, numbers, numbers ? sum : null, min, max]) {
    const cell = document.createElement("td");
    cell.className = "amount";
    cell.textContent = value === null ? "–" : number(Math.round(value * 100) / 100);
    row.append(cell);
  }
  return row;
}

function megabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function showError(message) {
  element("error-text").textContent = message;
  element("error").hidden = message === "";
}
