// Sensors: readings come in turn from several devices. Each is shown in the next frame; a device from which nothing comes is shown as silent.

import { Sparkline } from "/sparkline.js";
import { TidingsSource } from "/tidings.js";

const stateNames = ["connecting", "open", "closed"]; // by readyState
const silentAfterMs = 2000; // each device has eight readings a second
const [coldest, hottest] = [-10, 50]; // of the gauge, in °C
const pointsOfChart = 100;
const element = (id) => document.getElementById(id);
const svg = (tag, attributes) => {
  const result = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => result.setAttribute(name, value));
  return result;
};

let devices = new Map();
let received = 0;

const source = new TidingsSource("/readings");
source.addEventListener("devices", (event) => {
  devices = new Map(JSON.parse(event.data).map((device) => [device.name, cardOf(device)]));
  element("devices").replaceChildren(...[...devices.values()].map((device) => device.card));
});
source.onmessage = (event) => {
  received++;
  const reading = JSON.parse(event.data);
  devices.get(reading.device)?.read(reading, 0);
};
source.onopen = source.onerror = () => {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
};

// Nothing arrives that says "I am silent": only a clock can tell.
setInterval(() => devices.forEach((device) => device.showSilence()), 250);
setInterval(() => {
  element("rate").textContent = `${received} readings a second`;
  received = 0;
}, 1000);

function cardOf({ name, title, reading, silentForMs }) {
  const card = document.createElement("li");
  card.className = "device";
  card.dataset.device = name;
  const heading = document.createElement("h2");
  heading.textContent = title;
  const state = document.createElement("p");
  state.className = "device-state";
  state.setAttribute("role", "status");
  const gauge = gaugeOf();
  const temperature = labelled("Temperature");
  const pressure = labelled("Pressure");
  const chart = document.createElement("canvas");
  chart.setAttribute("aria-hidden", "true");
  const course = new Sparkline(chart, pointsOfChart);
  const power = document.createElement("button");
  power.type = "button";
  power.className = "quiet";
  power.addEventListener("click", () => {
    fetch(`/devices/${encodeURIComponent(name)}/off`, { method: isSilent() ? "DELETE" : "PUT" });
  });
  card.append(heading, state, gauge.picture, temperature.line, pressure.line, chart, power);

  let lastHeard;
  let newest = null; // the reading that is not drawn yet
  read(reading, silentForMs);

  function read(next, ageMs) {
    lastHeard = performance.now() - ageMs;
    course.add(next.pressure);
    if (newest === null) {
      requestAnimationFrame(draw);
    }
    newest = next;
  }

  function draw() {
    gauge.show(newest.temperature);
    temperature.show(`${newest.temperature.toFixed(1)} °C`);
    pressure.show(`${newest.pressure.toFixed(1)} hPa`);
    newest = null;
    showSilence();
  }

  function isSilent() {
    return performance.now() - lastHeard > silentAfterMs;
  }

  function showSilence() {
    const text = isSilent() ? `silent for ${Math.floor((performance.now() - lastHeard) / 1000)} s` : "live";
    if (state.textContent !== text) {
      state.textContent = text;
      card.dataset.state = isSilent() ? "silent" : "live";
      power.textContent = isSilent() ? "Switch on" : "Switch off";
      power.setAttribute("aria-label", `${power.textContent} ${title}`);
    }
  }

  showSilence();
  return { card, read, showSilence };
}

// Half a circle from the coldest to the hottest, filled up to the temperature.
function gaugeOf() {
  const length = Math.PI * 40;
  const arc = { d: "M10 50a40 40 0 0 1 80 0", fill: "none", "stroke-width": 9, "stroke-linecap": "round" };
  const picture = svg("svg", { viewBox: "0 0 100 68", class: "gauge", "aria-hidden": "true" });
  const filled = svg("path", { ...arc, class: "gauge-filled", "stroke-dasharray": `0 ${length}` });
  const ends = [[10, coldest], [90, hottest]].map(([x, degrees]) => {
    const text = svg("text", { x, y: 65 });
    text.textContent = `${degrees < 0 ? "−" : ""}${Math.abs(degrees)} °C`;
    return text;
  });
  picture.append(svg("path", { ...arc, class: "gauge-empty" }), filled, ...ends);
  return {
    picture,
    show(temperature) {
      const share = Math.min(1, Math.max(0, (temperature - coldest) / (hottest - coldest)));
      filled.setAttribute("stroke-dasharray", `${share * length} ${length}`);
    },
  };
}

function labelled(name) {
  const line = document.createElement("p");
  line.className = "measure";
  const label = document.createElement("span");
  label.textContent = name;
  const value = document.createElement("strong");
  line.append(label, value);
  return { line, show: (text) => (value.textContent = text) };
}
