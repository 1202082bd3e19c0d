// Opens thirty streams of this page's own origin and shows how many come to be open.

import { TidingsSource } from "/tidings.js";

const count = 30;
const isShared = new URLSearchParams(location.search).get("way") === "shared";
const element = (id) => document.getElementById(id);
const lamps = Array.from({ length: count }, () => element("lamps").appendChild(document.createElement("li")));
let sources = [];

element("toggle").addEventListener("click", () => (sources.length === 0 ? open() : close()));
element("toggle").disabled = false;
open();

// The page around this one cannot see otherwise that it was loaded: they are of different origins.
parent.postMessage("ready", "*");

function open() {
  const run = crypto.randomUUID(); // by which the server counts the streams of this panel
  sources = lamps.map((lamp) => {
    const url = `/limits/stream?run=${run}`;
    const source = isShared ? new TidingsSource(url, { shared: true }) : new EventSource(url);
    source.onopen = source.onerror = () => {
      lamp.className = source.readyState === EventSource.OPEN ? "lit" : "";
      showOpen();
    };
    source.onmessage = (event) => showServer(JSON.parse(event.data));
    return source;
  });
  element("toggle").textContent = "Close them";
}

function close() {
  sources.forEach((source) => source.close());
  sources = [];
  lamps.forEach((lamp) => (lamp.className = ""));
  element("toggle").textContent = `Open ${count} streams`;
  showOpen();
  showServer({ streams: "–", connections: "–", protocol: "–" });
}

function showOpen() {
  element("open").textContent = sources.filter((source) => source.readyState === EventSource.OPEN).length;
}

function showServer({ streams, connections, protocol }) {
  element("streams").textContent = streams;
  element("connections").textContent = connections;
  element("protocol").textContent = protocol;
}
