// Logs: a list that scrolls with the newest line, until somebody scrolls away from it.

import { TidingsSource } from "/tidings.js";

const stateNames = ["connecting", "open", "closed"]; // by readyState
const longestList = 1000;
const [level, lines, follow, status] = ["level", "lines", "follow", "status"].map((id) => document.getElementById(id));

let source;
let isFollowing = true;
let unseen = 0;
let waiting = []; // lines that are not drawn yet

level.addEventListener("change", connect);
document.getElementById("write").addEventListener("click", () => fetch("/log/lines", { method: "POST" }));
follow.addEventListener("click", () => {
  lines.scrollTop = lines.scrollHeight;
  lines.focus();
});
lines.addEventListener("scroll", () => {
  isFollowing = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 8;
  if (isFollowing) {
    unseen = 0;
  }
  showFollow();
});
connect();

// The level is part of the address: the server sends no line below it. Every new stream begins with the lines that the server has kept.
function connect() {
  source?.close();
  waiting = [];
  unseen = 0;
  isFollowing = true;
  lines.replaceChildren();
  showFollow();
  source = new TidingsSource(`/log/${encodeURIComponent(level.value)}`);
  source.onmessage = (event) => add(lineOf(JSON.parse(event.data)));
  source.addEventListener("missed", (event) => add(note(`${event.data} lines came too fast and were left out.`)));
  source.onopen = source.onerror = () => {
    status.textContent = status.dataset.state = stateNames[source.readyState];
  };
}

// A thousand lines may come at once, as after a reload: they are drawn together.
function add(line) {
  if (waiting.length === 0) {
    requestAnimationFrame(draw);
  }
  waiting.push(line);
}

function draw() {
  lines.append(...waiting);
  unseen += isFollowing ? 0 : waiting.length;
  waiting = [];

  // While somebody reads above, nothing may move under their eyes: the oldest lines go when the list follows again.
  while (isFollowing && lines.childElementCount > longestList) {
    lines.firstElementChild.remove();
  }
  if (isFollowing) {
    lines.scrollTop = lines.scrollHeight;
  }
  showFollow();
}

function showFollow() {
  follow.hidden = isFollowing;
  follow.textContent = unseen > 0 ? `${unseen} new ${unseen === 1 ? "line" : "lines"} ↓` : "Follow ↓";
}

// Text only ever becomes text: whoever sends a request has a hand in what is logged.
function lineOf({ time, level, category, message }) {
  const line = document.createElement("li");
  line.dataset.level = level;
  line.append(
    part("time", new Date(time).toLocaleTimeString("en-GB", { hour12: false })),
    part("b", level),
    part("i", category),
    part("span", message));
  return line;
}

function note(text) {
  const line = document.createElement("li");
  line.append(part("span", text));
  return line;
}

function part(tag, text) {
  const result = document.createElement(tag);
  result.textContent = text;
  return result;
}
