// A world in which the test decides what time it is, how the dice fall and what the server answers. Imported before the module, which finds it all in its globals.

import { as, isFrozen, owner } from "./tabs.mjs";

/** Lets everything happen that does not wait for time, for the server, or for other tabs. */
export const settled = async () => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
};

let now = Date.UTC(2030, 0, 1);
let timers = [];
let nextTimer = 1;

/** Requests that nobody has answered yet. */
export const requests = [];
export const storage = new Map();
/** What every roll comes out as; or a function that says it, roll by roll. */
export const dice = { value: 0 };

Date.now = () => now;
Math.random = () => (typeof dice.value === "function" ? dice.value() : dice.value);
globalThis.location = { href: "https://example.com/app/page" };
globalThis.sessionStorage = { getItem: (name) => storage.get(name) ?? null, setItem: (name, value) => storage.set(name, value) };
globalThis.setTimeout = (act, after = 0) => add(act, after, 0);
globalThis.setInterval = (act, every) => add(act, every, every);
globalThis.clearInterval = (id) => { timers = timers.filter((timer) => timer.id !== id); };
globalThis.addEventListener = (type, act, { signal }) => {
  page.addEventListener(type, act, { signal });
};
globalThis.fetch = (url, { headers, signal, credentials, cache }) => new Promise((resolve, reject) => {
  const request = { tab: owner(), url: `${url}`, headers: Object.fromEntries(headers), signal, credentials, cache, answer: (status, sent = {}) => answer(request, status, sent, resolve), fail: reject };
  signal.addEventListener("abort", () => reject(signal.reason));
  requests.push(request);
});

/** What the page hears, such as `pagehide`. */
export const page = new EventTarget();

function add(act, after, every) {
  const id = nextTimer++;
  timers.push({ id, act, at: now + Math.max(after, 0), every, tab: owner() });
  return id;
}

function answer(request, status, headers, resolve) {
  const chunks = [];
  let isEnded = false;
  let waiting = null;
  const next = () => {
    if (waiting && (chunks.length > 0 || isEnded)) {
      waiting({ value: chunks.shift(), done: chunks.length === 0 && isEnded });
      waiting = null;
    }
  };
  const stream = {
    async send(text) {
      chunks.push(new TextEncoder().encode(text));
      next();
      await settled();
    },
    async end() {
      isEnded = true;
      next();
      await settled();
    },
  };
  const read = () => new Promise((taken, broken) => {
    if (request.signal.aborted) broken(request.signal.reason);
    request.signal.addEventListener("abort", () => broken(request.signal.reason));
    stream.cut = async () => { broken(new TypeError("network error")); await settled(); };
    waiting = taken;
    next();
  });
  resolve({ status, url: request.url, headers: new Headers(headers), body: { getReader: () => ({ read }) } });
  return settled().then(() => stream);
}

/** Lets time pass, from timer to timer. */
export async function pass(milliseconds) {
  const end = now + milliseconds;
  await settled();
  for (;;) {
    const due = timers.filter((timer) => timer.at <= end && !isFrozen(timer.tab)).sort((a, b) => a.at - b.at || a.id - b.id)[0];
    if (!due) break;
    now = Math.max(now, due.at);
    if (due.every) due.at = now + due.every;
    else timers = timers.filter((timer) => timer !== due);
    as(due.tab, due.act);
    await settled();
  }
  now = end;
}

/** Lets time pass without timers, as they stand still in a page that is put aside. */
export function leap(milliseconds) {
  now += milliseconds;
}

/** Lets the machine sleep: time passes and no timer runs until it wakes. */
export async function sleep(milliseconds) {
  leap(milliseconds);
  await pass(0);
}

/** The next request, which must have been made by now. */
export async function nextRequest() {
  await settled();
  const request = requests.shift();
  if (!request) throw new Error("Nothing was requested.");
  return request;
}

/** Answers the next request with an open stream. */
export async function nextStream(text = "") {
  const request = await nextRequest();
  const stream = await request.answer(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  if (text) await stream.send(text);
  return { ...stream, request, cut: () => stream.cut() };
}

/** Everything that a source tells, as lines. */
export function tellings(source) {
  const told = [];
  source.addEventListener("open", () => told.push("open"));
  source.addEventListener("error", (event) => told.push([event.reason, event.status, event.delay].filter((part) => part !== undefined).join(" ")));
  source.addEventListener("message", (event) => told.push(`${event.data} #${event.lastEventId}`));
  return told;
}

/** Between tests: no timer and no request is left. */
export function clear() {
  timers = [];
  requests.length = 0;
  storage.clear();
  dice.value = 0;
}
