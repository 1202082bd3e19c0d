// The index: one stream brings the figures of all cards. An event holds those that have changed.

import { Sparkline } from "/sparkline.js";
import { TidingsSource } from "/tidings.js";

const secondsOfChart = 40;
const figures = new Map();

const source = new TidingsSource("/overview");
source.onmessage = (event) => {
  for (const [card, { value, text }] of Object.entries(JSON.parse(event.data))) {
    const figure = figureOf(card);
    if (figure) {
      figure.text.textContent = text;
      figure.value = value;
    }
  }
};

// The course is that of the time: a figure that stays is drawn on, too.
setInterval(() => figures.forEach((figure) => figure.course.add(figure.value)), 1000);

function figureOf(card) {
  if (!figures.has(card)) {
    const place = document.querySelector(`[data-card="${CSS.escape(card)}"] .tile-figure`);
    if (place === null) {
      return null;
    }
    const text = document.createElement("output");
    const chart = document.createElement("canvas");
    chart.setAttribute("aria-hidden", "true");
    place.append(text, chart);
    figures.set(card, { text, course: new Sparkline(chart, secondsOfChart), value: 0 });
  }
  return figures.get(card);
}
