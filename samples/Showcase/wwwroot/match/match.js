// Match and vote: each event is the whole state, so showing the newest one is all there is to do.

import { ask, attempt } from "/asking.js";
import { TidingsSource } from "/tidings.js";

const stateNames = ["connecting", "open", "closed"]; // by readyState
const element = (id) => document.getElementById(id);
const options = [0, 1, 2].map(makeOption);
const ownWindows = new BroadcastChannel("match-vote"); // They share the cookie, so the vote is theirs, too.

let source = null;
let match = null;
let shown = 0; // The number of the match whose lines are in the list.
let yours = { match: 0, option: null };

ownWindows.onmessage = (event) => choose(event.data);
attempt(load);

async function load() {
  const { match: now, yours: option, cursor } = await ask("/match/state");
  source?.close();
  yours = { match: now.number, option };
  show(now);

  source = new TidingsSource("/match/events", { lastEventId: cursor });
  source.addEventListener("match", (event) => show(JSON.parse(event.data)));
  source.addEventListener("gap", () => attempt(load)); // Something cannot be made up for: begin with the state as it is.
  source.addEventListener("open", showStatus);
  source.addEventListener("error", showStatus);
  showStatus();
}

function show(now) {
  match = now;
  element("number").textContent = now.number;
  element("minute").textContent = now.isOver ? "full time" : `minute ${now.minute}`;
  setText("home", now.home);
  setText("away", now.away);
  setText("home-goals", now.homeGoals);
  setText("away-goals", now.awayGoals);
  if (shown !== now.number) {
    shown = now.number;
    element("lines").replaceChildren();
  }
  now.lines.slice(element("lines").childElementCount).forEach(addLine); // The list of a match only grows.

  const total = now.votes.reduce((sum, count) => sum + count, 0);
  [now.home, "Draw", now.away].forEach((name, option) => {
    const { button, count, bar } = options[option];
    button.textContent = name;
    button.disabled = now.isOver;
    count.textContent = now.votes[option];
    bar.value = now.votes[option];
    bar.max = Math.max(total, 1);
    bar.setAttribute("aria-label", `Share of ${name}`);
  });
  element("total").textContent = `${total} ${total === 1 ? "vote" : "votes"}${now.isOver ? "; the poll is closed" : ""}`;
  showChoice();
}

function addLine({ minute, what }) {
  const item = document.createElement("li");
  const stamp = document.createElement("span");
  stamp.className = "stamp";
  stamp.textContent = `${minute}'`;
  item.append(stamp, what);
  element("lines").prepend(item);
}

// Only if it differs: a screen reader reads out again whatever is set in a live region.
function setText(id, value) {
  if (element(id).textContent !== `${value}`) {
    element(id).textContent = value;
  }
}

function vote(option) {
  attempt(async () => {
    const ballot = { match: match.number, option };
    await ask("/match/vote", "PUT", ballot);
    choose(ballot);
    ownWindows.postMessage(ballot);
  });
}

function choose(ballot) {
  yours = ballot;
  showChoice();
}

function showChoice() {
  options.forEach(({ button }, option) => button.setAttribute("aria-pressed", yours.match === match?.number && yours.option === option));
}

function makeOption(option) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.addEventListener("click", () => vote(option));
  const count = document.createElement("span");
  count.className = "count";
  const bar = document.createElement("progress");
  item.append(button, count, bar);
  element("options").append(item);
  return { button, count, bar };
}

function showStatus() {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
}
