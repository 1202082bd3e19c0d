// The page of dev mode: subscribe, publish, watch. Everything that comes from elsewhere is shown as text, never as markup.

const MAX_SHOWN = 500;
const MAX_EVENT_CHARS = 4 * 1024 * 1024;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;

const $ = (id) => document.getElementById(id);
const hub = new URL(document.body.dataset.hub, document.baseURI);

// --- Reading the stream ---------------------------------------------------------------------------------------------

/**
 * Decodes an event stream (WHATWG HTML 9.2.6), however it is cut into pieces. EventSource would not do here: it hands over
 * only events of types that one knows beforehand, and says nothing about why a connection failed.
 */
class Decoder {
  #line = "";
  #skipLf = false;
  #type = "";
  #data = null;

  constructor(lastId, { onId, onEvent, onRetry }) {
    this.lastId = lastId;
    this.onId = onId;
    this.onEvent = onEvent;
    this.onRetry = onRetry;
  }

  push(text) {
    // A CR at the end of one piece may have its LF at the start of the next.
    if (this.#skipLf && text.startsWith("\n")) {
      text = text.slice(1);
      this.#skipLf = false;
    } else if (text !== "") {
      this.#skipLf = false;
    }

    const lines = text.split(/\r\n|\r|\n/);
    this.#skipLf ||= text.endsWith("\r");
    lines[0] = this.#line + lines[0];
    this.#line = lines.pop();
    lines.forEach((line) => this.#take(line));
    if (this.#line.length + (this.#data?.length ?? 0) > MAX_EVENT_CHARS) {
      throw new Error("An event is longer than this page can show.");
    }
  }

  #take(line) {
    if (line === "") {
      this.#dispatch();
      return;
    }

    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "data") {
      this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    } else if (name === "event") {
      this.#type = value;
    } else if (name === "id" && !value.includes("\0")) {
      this.lastId = value;
    } else if (name === "retry" && /^[0-9]+$/.test(value)) {
      this.onRetry(Number(value));
    }
  }

  #dispatch() {
    this.onId(this.lastId); // counts even without data, and only now: an event that was cut in half comes again
    if (this.#data !== null) {
      this.onEvent({ type: this.#type || "message", data: this.#data, id: this.lastId });
    }

    this.#type = "";
    this.#data = null;
  }
}

/** One subscription: connects, and connects again with the id of the last event until it is closed or told to stop. */
class Subscription {
  #closing = new AbortController();
  #retry = FIRST_RETRY_MS;
  #failures = 0;
  #lastId;

  constructor(topics, lastId, { onEvent, onState }) {
    this.url = new URL(hub);
    topics.forEach((topic) => this.url.searchParams.append("match", topic));
    this.#lastId = lastId;
    this.onEvent = onEvent;
    this.onState = (state, text) => {
      if (!this.#closing.signal.aborted) {
        onState(state, text);
      }
    };
    this.#run();
  }

  close() {
    this.#closing.abort();
  }

  async #run() {
    while (!this.#closing.signal.aborted) {
      this.onState("connecting", this.#failures === 0 ? "connecting" : "connecting again");
      let problem = "the connection ended";
      try {
        const mayReturn = await this.#read();
        if (!mayReturn) {
          return;
        }
      } catch (error) {
        problem = error instanceof TypeError ? "no connection" : error.message;
      }

      this.#failures++;
      const wait = Math.min(LONGEST_RETRY_MS, this.#retry * 2 ** Math.min(this.#failures - 1, 5)) * (0.75 + Math.random() / 2);
      this.onState("waiting", `${problem}; again in ${Math.ceil(wait / 1000)} s`);
      await this.#pause(wait);
    }
  }

  /** Reads one connection to its end. False if the hub's answer means that another attempt is pointless. */
  async #read() {
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) {
      headers["Last-Event-ID"] = toHeader(this.#lastId);
    }

    const response = await fetch(this.url, { headers, cache: "no-store", signal: this.#closing.signal });
    if (response.status === 204) {
      this.onState("closed", "the stream is over");
      return false;
    }

    if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      const refusal = await problemOf(response);
      if (response.status >= 500) {
        throw new Error(refusal.text);
      }

      this.onState("failed", refusal.text);
      return false;
    }

    this.onState("open", "connected");
    const decoder = new Decoder(this.#lastId === "earliest" ? "" : this.#lastId, {
      onId: (id) => { this.#lastId = id || this.#lastId; },
      onEvent: (event) => {
        this.#failures = 0;
        this.onEvent(event);
      },
      onRetry: (milliseconds) => { this.#retry = Math.max(FIRST_RETRY_MS / 2, Math.min(milliseconds, LONGEST_RETRY_MS)); },
    });
    const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await text.read(); !piece.done; piece = await text.read()) {
      decoder.push(piece.value);
    }

    return true;
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#closing.signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }
}

// fetch takes header values as bytes, written as Latin-1; the hub reads them as UTF-8.
function toHeader(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

async function problemOf(response) {
  const problem = await response.json().catch(() => null);
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
  subscription = new Subscription(topics, lastId, { onEvent: receive, onState: showState });
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
