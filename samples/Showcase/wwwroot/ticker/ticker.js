// Ticker: every event holds all prices. They are written down as they come and drawn once a frame, however fast they come.

import { Sparkline } from "/sparkline.js";
import { TidingsSource } from "/tidings.js";

const stateNames = ["connecting", "open", "closed"]; // by readyState
const pointEveryMs = 500; // of the charts: two points a second, as the server's course of the last minute has them
const pointsOfChart = 120;
const element = (id) => document.getElementById(id);

let source;
let rows = [];
let newest = null; // the prices that are not drawn yet
let received = 0;
let lastPoint = 0;

for (const choice of document.querySelectorAll("[name=speed]")) {
  choice.addEventListener("change", connect);
}
setInterval(() => {
  element("rate").textContent = `${received} a second`;
  received = 0;
}, 1000);
connect();

function connect() {
  source?.close();
  const perSecond = document.querySelector("[name=speed]:checked").value;
  source = new TidingsSource(`/prices?perSecond=${perSecond}`);
  source.addEventListener("stocks", (event) => begin(JSON.parse(event.data)));
  source.onmessage = (event) => {
    received++;
    if (newest === null) {
      requestAnimationFrame(draw);
    }
    newest = JSON.parse(event.data);
  };
  source.onopen = source.onerror = showStatus;
  showStatus();
}

// Comes first in every stream, also after a reconnection: the stocks and the course of their last minute.
function begin(stocks) {
  newest = null;
  rows = stocks.map(rowOf);
  element("stocks").replaceChildren(...rows.map((row) => row.line));
}

function draw() {
  const prices = newest;
  newest = null;
  const isNewPoint = performance.now() - lastPoint >= pointEveryMs;
  if (isNewPoint) {
    lastPoint = performance.now();
  }
  prices?.forEach((price, i) => rows[i].show(price, isNewPoint));
}

function rowOf({ symbol, name, open, course }) {
  const line = document.createElement("tr");
  const chart = document.createElement("canvas");
  chart.setAttribute("aria-hidden", "true");
  const title = cell("th", "");
  title.scope = "row";
  const code = document.createElement("strong");
  code.textContent = symbol;
  const words = document.createElement("span");
  words.textContent = name;
  title.append(code, words);
  const chartCell = cell("td", "");
  chartCell.append(chart);
  const priceCell = cell("td", "amount");
  const changeCell = cell("td", "amount change");
  line.append(title, chartCell, priceCell, changeCell);

  const sparkline = new Sparkline(chart, pointsOfChart);
  course.forEach((price) => sparkline.add(price));

  function show(price, isNewPoint) {
    const change = (100 * (price - open)) / open;
    priceCell.textContent = price.toFixed(2);
    // Told by an arrow and a sign as well as by the colour.
    changeCell.textContent = `${change < 0 ? "▼ −" : "▲ +"}${Math.abs(change).toFixed(2)} %`;
    line.dataset.course = change < 0 ? "down" : "up";
    isNewPoint ? sparkline.add(price) : sparkline.replaceLast(price);
  }

  return { line, show };
}

function cell(tag, className) {
  const result = document.createElement(tag);
  result.className = className;
  return result;
}

function showStatus() {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
}
