// Tabs of one origin whose locks and channels the test moves: nothing is granted or delivered before it says so, and no two queues keep pace with each other.

import { AsyncLocalStorage } from "node:async_hooks";

const current = new AsyncLocalStorage();
const frozen = new Map(); // to what must wait until the tab is thawed
let lock = { holder: null, queue: [] };
let channels = [];

/** Runs what belongs to a tab, so that its channels, locks, timers and requests are known as the tab's. */
export const as = (tab, act) => current.run(tab, act);
export const owner = () => current.getStore() ?? null;
export const isFrozen = (tab) => frozen.has(tab);
export const freeze = (tab) => frozen.set(tab, []);
export const leader = () => lock.holder?.tab ?? null;

export function thaw(tab) {
  const waiting = frozen.get(tab) ?? [];
  frozen.delete(tab);
  waiting.forEach((act) => as(tab, act));
}

globalThis.BroadcastChannel = class {
  tab = owner();
  inbox = new Map(); // by sender: each sender's messages keep their order, and only those

  constructor() {
    channels.push(this);
  }

  postMessage(data) {
    for (const other of channels) {
      if (other === this) continue;
      if (!other.inbox.has(this)) other.inbox.set(this, []);
      other.inbox.get(this).push(structuredClone(data));
    }
  }

  close() {
    channels = channels.filter((channel) => channel !== this);
  }
};

Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: {
  request: (name, { signal, steal }, act) => new Promise((resolve, reject) => {
    const request = { tab: owner(), act, resolve, reject };
    if (steal) {
      lock.holder?.lose();
      grant(request);
      return;
    }
    lock.queue.push(request);
    signal.addEventListener("abort", () => {
      if (!lock.queue.includes(request)) return;
      lock.queue = lock.queue.filter((other) => other !== request);
      reject(new DOMException("aborted", "AbortError"));
    });
  }),
} } });

function grant(request) {
  const lose = () => request.reject(new DOMException("stolen", "AbortError"));
  const holder = { tab: request.tab, lose: () => (frozen.get(request.tab)?.push(lose) ?? lose()) };
  lock.holder = holder;
  as(request.tab, () => request.act()).then(() => {
    if (lock.holder === holder) lock.holder = null;
    request.resolve();
  });
}

/** What could happen next among the tabs, as functions. */
export function possibilities() {
  const all = [];
  if (!lock.holder && lock.queue.length > 0 && !isFrozen(lock.queue[0].tab)) all.push(() => grant(lock.queue.shift()));
  for (const channel of channels) {
    if (frozen.has(channel.tab)) continue;
    for (const messages of channel.inbox.values()) {
      if (messages.length > 0) all.push(() => as(channel.tab, () => channel.onmessage({ data: messages.shift() })));
    }
  }
  return all;
}

/** A tab that is gone at once: no code of its own runs any more, and what it has not said yet is never said. */
export function crash(tab) {
  channels = channels.filter((channel) => channel.tab !== tab);
  lock.queue = lock.queue.filter((request) => request.tab !== tab);
  if (lock.holder?.tab === tab) lock.holder = null;
  freeze(tab);
}

export function forget() {
  lock = { holder: null, queue: [] };
  channels = [];
  frozen.clear();
}
