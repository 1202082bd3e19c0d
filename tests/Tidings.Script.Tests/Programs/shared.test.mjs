// Tabs that share a stream, in thousands of orders of everything that can happen: none loses or repeats an event, and in the end one stream is open.
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { test } from "node:test";
import { as, crash, forget, freeze, isFrozen, leader, possibilities, thaw } from "./tabs.mjs";
import { clear, dice, pass, requests, settled } from "./world.mjs";

const { TidingsSource } = await import(process.env.TIDINGS_SCRIPT);
setMaxListeners(0);

/** Random numbers that come out the same for the same seed (mulberry32). */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** A hub with one log, and the tabs that listen to it. */
class Hub {
  last = 0;
  streams = [];
  tabs = [];
  names = 0;

  constructor(seed = 0) {
    const roll = random(~seed);
    dice.value = () => roll(2 ** 30) / 2 ** 30;
  }

  async open(lastEventId = "") {
    const tab = { name: ++this.names, received: [], start: lastEventId && Number(lastEventId) };
    as(tab, () => {
      tab.source = new TidingsSource("/hub", { shared: true, lastEventId });
      tab.source.onmessage = ({ data }) => tab.received.push(Number(data));
    });
    this.tabs.push(tab);
    await settled();
    return tab;
  }

  /** Lets new requests in: each stream begins with the place where it is. */
  async answer() {
    for (const request of requests.splice(0)) {
      if (request.signal.aborted) continue;
      const asked = request.headers["last-event-id"];
      const stream = await request.answer(200, { "Content-Type": "text/event-stream" });
      this.streams.push({ request, stream, at: asked ? Number(asked) : this.last, isNew: true, tab: request.tab });
    }
  }

  living() {
    this.streams = this.streams.filter(({ request, tab }) => !request.signal.aborted && !tab?.isGone);
    return this.streams;
  }

  /** What the hub could send next. */
  possibilities() {
    return this.living().filter((one) => !isFrozen(one.tab) && (one.isNew || one.at < this.last)).map((one) => async () => {
      if (one.isNew) {
        one.isNew = false;
        await one.stream.send(`id: ${one.at}\n\n`);
      } else {
        one.at++;
        await one.stream.send(`id: ${one.at}\ndata: ${one.at}\n\n`);
      }
    });
  }

  /** Everything that is under way arrives, tick after tick, until nothing changes any more. */
  async calm() {
    for (let round = 0; round < 12; round++) {
      for (let steps = 0; steps < 500; steps++) {
        await this.answer();
        const next = [...possibilities(), ...this.possibilities()];
        if (next.length === 0) break;
        await next[0]();
        await settled();
      }
      await pass(2500);
    }
  }

  check(what) {
    for (const { name, source, received, start } of this.tabs) {
      const first = start === "" ? received[0] : start + 1;
      const expected = Array.from({ length: Math.max(this.last - first + 1, 0) || 0 }, (_, i) => first + i);
      assert.deepEqual(received, expected, `${what}: tab ${name}`);
      assert.equal(source.readyState, 1, `${what}: tab ${name} is open`);
    }
    assert.equal(this.living().length, 1, `${what}: one stream`);
  }

  end() {
    this.tabs.forEach(({ source, ...tab }) => as(tab, () => source.close()));
    forget();
    clear();
  }
}

test("A tab that comes first leads, and those that come later have no stream", async () => {
  const hub = new Hub();
  for (let i = 0; i < 5; i++) {
    await hub.open();
    await hub.calm();
  }
  hub.last = 3;
  await hub.calm();
  hub.check("five tabs");
  hub.end();
});

for (const lose of ["close", "crash", "freeze"]) {
  test(`When the leader is lost (${lose}) another tab goes on`, async () => {
    const hub = new Hub();
    for (let i = 0; i < 4; i++) await hub.open();
    await hub.calm();
    hub.last = 5;
    await hub.calm();
    await remove(hub, leader(), lose);
    hub.last = 9;
    await hub.calm();
    hub.check(lose);
    hub.end();
  });
}

async function remove(hub, tab, how) {
  if (how === "freeze") {
    freeze(tab);
    hub.last += 2;
    await hub.calm();
    thaw(tab);
    return;
  }
  hub.tabs = hub.tabs.filter((other) => other !== tab);
  if (how === "close") {
    as(tab, () => tab.source.close());
  } else {
    tab.isGone = true;
    crash(tab);
  }
  await settled();
}

const SEEDS = Number(process.env.TIDINGS_SEEDS ?? 150);
test(`In ${SEEDS} random orders no tab loses or repeats an event`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const roll = random(seed);
    const hub = new Hub(seed);
    await hub.open();
    const frozen = [];
    for (let step = 0; step < 150; step++) {
      await hub.answer();
      const next = [...possibilities(), ...hub.possibilities()];
      const chance = roll(100);
      if (chance < 15) hub.last++;
      else if (chance < 18 && hub.tabs.length < 6) await hub.open(roll(2) ? "" : String(roll(hub.last + 1)));
      else if (chance < 20 && hub.tabs.length > 2) {
        const tab = roll(2) ? leader() ?? hub.tabs[0] : hub.tabs[roll(hub.tabs.length)];
        if (hub.tabs.includes(tab) && !frozen.includes(tab)) await remove(hub, tab, roll(2) ? "close" : "crash");
      } else if (chance < 22 && frozen.length < hub.tabs.length - 1) {
        const tab = leader() ?? hub.tabs[0];
        if (hub.tabs.includes(tab) && !frozen.includes(tab)) {
          freeze(tab);
          frozen.push(tab);
        }
      } else if (chance < 24 && frozen.length > 0) thaw(frozen.shift());
      else if (chance < 30) await pass(1000 + roll(4000));
      else if (next.length > 0) await next[roll(next.length)]();
      await settled();
    }
    frozen.forEach(thaw);
    await hub.calm();
    hub.last += 2;
    await hub.calm();
    hub.check(`seed ${seed}`);
    hub.end();
  }
});
