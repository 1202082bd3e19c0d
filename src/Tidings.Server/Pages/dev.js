// The page of dev mode: subscribe, publish, watch. Everything that comes from elsewhere is shown as text, never as markup.

import { TidingsSource } from "../tidings.js";

const MAX_SHOWN = 500;

const $ = (id) => document.getElementById(id);
const hub = new URL(document.body.dataset.hub, document.baseURI);

// --- Reading the stream ---------------------------------------------------------------------------------------------

/** One subscription, which shows events of all types, while pages listen to those that they know. */
class Subscription extends TidingsSource {
  constructor(topics, lastEventId) {
    const url = new URL(hub);
    topics.forEach((topic) => url.searchParams.append("match", topic));
    super(url, { lastEventId });
  }

  dispatchEvent(event) {
    if (event.type === "open") {
      showState("open", "connected");
    } else if (event.type === "error" && this.readyState === TidingsSource.CLOSED) {
      this.#showRefusal(event);
    } else if (event.type === "error") {
      showState("waiting", event.delay === 0 ? "connecting again" : `${PROBLEMS[event.reason] ?? "no connection"}; again in ${Math.ceil(event.delay / 1000)} s`);
    } else if (event.type !== "gap") {
      receive({ type: event.type, data: event.data, id: event.lastEventId }); // a gap comes as the hub's own event, too
    }

    return super.dispatchEvent(event);
  }

  /** The reason stands in the body of the refusal, which the source does not keep: it is asked for once more. */
  async #showRefusal({ reason }) {
    if (reason === "noContent") {
      showState("closed", "the stream is over");
      return;
    }

    const abort = new AbortController();
    const refusal = await fetch(this.url, { cache: "no-store", signal: abort.signal }).then(problemOf, () => ({ text: "no connection" }));
    abort.abort();
    if (subscription === this) {
      showState("failed", refusal.text);
    }
  }
}

const PROBLEMS = {
  streamEnded: "the connection ended",
  streamLost: "the connection broke",
  limitExceeded: "an event is longer than a page can take",
  serverUnavailable: "the hub cannot answer now",
};

async function problemOf(response) {
  const problem = response.ok ? null : await response.json().catch(() => null);
  return { field: problem?.field, text: problem?.detail ?? `the hub answered with status ${response.status}` };
}

// --- Showing events -------------------------------------------------------------------------------------------------

let received = 0;
let held = []; // what came while paused, oldest first
let isPaused = false;

function receive(event) {
  received++;
  const arrival = { ...event, time: new Date() };
  if (isPaused) {
    held.push(arrival);
    held = held.slice(-MAX_SHOWN);
  } else {
    show(arrival);
  }

  showCount();
}

function show(event) {
  const list = $("events");
  list.prepend(elementOf(event));
  while (list.children.length > MAX_SHOWN) {
    list.lastElementChild.remove();
  }

  $("empty").hidden = true;
}

function elementOf(event) {
  const item = $("event-template").content.firstElementChild.cloneNode(true);
  const part = (selector) => item.querySelector(selector);
  const isGap = event.type === "tidings-gap";
  item.classList.toggle("gap", isGap);
  part(".type").textContent = isGap ? "gap" : event.type;
  part(".type").title = event.type;
  part(".data").textContent = isGap ? gapText(event.data) : event.data || "no data";
  part(".data").classList.toggle("none", event.data === "");
  part("time").textContent = clock(event.time);
  part("time").dateTime = event.time.toISOString();
  const id = part(".id");
  id.textContent = event.id;
  id.dataset.id = event.id;
  id.setAttribute("aria-label", `Copy the id ${event.id}`);
  id.hidden = event.id === "";
  return item;
}

function gapText(data) {
  const why = {
    expired: "the hub no longer keeps them",
    unknown: "the hub does not know the id that was asked for",
    epoch: "the hub has started anew",
    fork: "the hub's log has another event in that place",
    rewound: "the hub's log has lost its end",
  };
  try {
    const { reason } = JSON.parse(data);
    return `Events may be missing before this point: ${why[reason] ?? reason}.`;
  } catch {
    return "Events may be missing before this point.";
  }
}

function clock(time) {
  const pad = (number, length) => String(number).padStart(length, "0");
  return `${pad(time.getHours(), 2)}:${pad(time.getMinutes(), 2)}:${pad(time.getSeconds(), 2)}.${pad(time.getMilliseconds(), 3)}`;
}

function showCount() {
  $("count").textContent = received;
  $("pause").textContent = isPaused ? `Resume${held.length > 0 ? ` (${held.length})` : ""}` : "Pause";
  $("pause").setAttribute("aria-pressed", String(isPaused));
}

$("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  if (!isPaused) {
    held.forEach(show);
    held = [];
  }

  showCount();
});

$("clear").addEventListener("click", () => {
  $("events").replaceChildren();
  $("empty").hidden = false;
  received = 0;
  held = [];
  showCount();
});

$("events").addEventListener("click", async (click) => {
  const button = click.target.closest(".id");
  if (!button) {
    return;
  }

  try {
    await navigator.clipboard.writeText(button.dataset.id);
    button.textContent = "copied";
    button.classList.add("copied");
    setTimeout(() => {
      button.textContent = button.dataset.id;
      button.classList.remove("copied");
    }, 1000);
  } catch {
    // No clipboard without a permission: the id is selected instead, ready for Ctrl+C.
    getSelection().selectAllChildren(button);
  }
});

// --- Subscribing ----------------------------------------------------------------------------------------------------

let subscription = null;

function showState(state, text) {
  const connection = $("connection");
  const isFailed = state === "failed";
  connection.dataset.state = state;
  connection.textContent = isFailed ? "refused" : text;
  $("subscribe-problem").hidden = !isFailed;
  $("subscribe-problem").textContent = isFailed ? text : "";
  $("unsubscribe").disabled = state === "closed" || isFailed;
}

function subscribe() {
  const topics = $("topics").value.split("\n").map((topic) => topic.trim()).filter((topic) => topic !== "");
  const lastId = { latest: "", earliest: "earliest", after: $("after").value.trim() }[$("start").value];
  subscription?.close();
  showState("connecting", "connecting");
  subscription = new Subscription(topics, lastId);
}

$("start").addEventListener("change", () => {
  $("after-field").hidden = $("start").value !== "after";
  $("after").required = $("start").value === "after";
});

$("subscribe-form").addEventListener("submit", (submit) => {
  submit.preventDefault();
  subscribe();
});

$("unsubscribe").addEventListener("click", () => {
  subscription?.close();
  subscription = null;
  showState("closed", "not connected");
});

// --- Publishing -----------------------------------------------------------------------------------------------------

async function publish() {
  const form = new URLSearchParams({ topic: $("topic").value, data: $("data").value });
  for (const name of ["type", "id", "retry"]) {
    if ($(name).value !== "") {
      form.set(name, $(name).value);
    }
  }

  if ($("private").checked) {
    form.set("private", "on");
  }

  for (const field of $("publish-form").querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
  }

  $("publish").disabled = true;
  try {
    const response = await fetch(hub, { method: "POST", body: form });
    if (response.ok) {
      showResult(`Published with id ${await response.text()}`, false);
      return;
    }

    const problem = await problemOf(response);
    const field = ["topic", "data", "type", "id", "retry", "private"].includes(problem.field) ? $(problem.field) : null;
    field?.setAttribute("aria-invalid", "true");
    field?.closest("details")?.setAttribute("open", "");
    field?.focus();
    showResult(problem.text, true);
  } catch {
    showResult("The hub cannot be reached. Is it running?", true);
  } finally {
    $("publish").disabled = false;
  }
}

function showResult(text, isFailed) {
  const result = $("publish-result");
  result.toggleAttribute("data-failed", isFailed);
  result.textContent = text;
}

$("publish-form").addEventListener("submit", (submit) => {
  submit.preventDefault();
  publish();
});

$("publish-form").addEventListener("keydown", (key) => {
  if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) {
    key.preventDefault();
    $("publish-form").requestSubmit($("publish"));
  }
});

$("command").textContent = `./tidings publish --hub ${hub.href} --topic news --data hi`;
subscribe();
