import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { clear, dice, leap, nextRequest, nextStream, page, pass, requests, sleep, storage, tellings } from "./world.mjs";

const { TidingsSource } = await import(process.env.TIDINGS_SCRIPT);

let source;
const open = (options, url = "/hub?match=a") => {
  source = new TidingsSource(url, options);
  return tellings(source);
};

afterEach(() => {
  source?.close();
  clear();
});

test("It has the interface of EventSource", async () => {
  open({});
  assert.deepEqual([TidingsSource.CONNECTING, TidingsSource.OPEN, TidingsSource.CLOSED], [0, 1, 2]);
  assert.deepEqual([source.CONNECTING, source.OPEN, source.CLOSED], [0, 1, 2]);
  assert.equal(source.url, "https://example.com/hub?match=a");
  assert.equal(source.withCredentials, false);
  assert.equal(source.readyState, 0);
  for (const handler of ["onopen", "onmessage", "onerror", "ongap"]) assert.equal(source[handler], null);
  assert.throws(() => new TidingsSource("http://["), TypeError);
  assert.equal((await nextRequest()).credentials, "same-origin");
});

test("Handlers and listeners hear events with data, origin and id, and a handler can be replaced or taken away", async () => {
  open({ withCredentials: true });
  const heard = [];
  source.onmessage = () => heard.push("replaced");
  source.onmessage = function (event) {
    heard.push([this === source, event.data, event.lastEventId, event.origin]);
  };
  source.addEventListener("named", (event) => heard.push([event.type, event.data, event.lastEventId]));
  const stream = await nextStream("data: a\nid: 1\n\nevent: named\ndata: b\n\n");
  source.onmessage = null;
  await stream.send("data: c\n\n");

  assert.deepEqual(heard, [[true, "a", "1", "https://example.com"], ["named", "b", "1"]]);
  assert.equal(stream.request.credentials, "include");
  assert.equal(source.lastEventId, "1");
});

test("It asks for a stream, and comes back with the last id as UTF-8", async () => {
  const told = open({});
  const first = await nextStream("data: a\nid: ü☃\n\n");
  assert.equal(first.request.headers.accept, "text/event-stream");
  assert.equal(first.request.headers["last-event-id"], undefined);
  assert.equal(first.request.cache, "no-store");
  await first.end();
  await pass(3000);
  const { request } = await nextStream("data: b\n\n");
  assert.equal(Buffer.from(request.headers["last-event-id"], "latin1").toString(), "ü☃");
  assert.deepEqual(told, ["open", "a #ü☃", "streamEnded 3000", "open", "b #ü☃"]);
});

test("It begins after the event that it is told", async () => {
  open({ lastEventId: "7" });
  assert.equal((await nextRequest()).headers["last-event-id"], "7");
});

test("An event that was cut in half does not count", async () => {
  open({});
  const stream = await nextStream("data: a\nid: 1\n\ndata: b\nid: 2\n");
  await stream.cut();
  await pass(3000);
  assert.equal((await nextRequest()).headers["last-event-id"], "1");
});

for (const [roll, delays] of [
  [0, [3000, 3000, 3000]],
  [1, [6000, 9000, 15000, 27000, 51000, 63000, 63000]],
]) {
  test(`Attempts in a row wait longer, with full jitter (${roll})`, async () => {
    const told = open({});
    dice.value = roll;
    for (const delay of delays) {
      (await nextRequest()).fail(new TypeError());
      await pass(delay - 1);
      assert.equal(requests.length, 0);
      await pass(1);
    }
    assert.deepEqual(told, delays.map((delay) => `connectionFailed ${delay}`));
    assert.equal(source.readyState, 0);
  });
}

for (const [retry, delay] of [["0", 100], ["500", 500], ["99999999999999999999", 600000]]) {
  test(`retry: ${retry} is a wait of ${delay} ms`, async () => {
    const told = open({});
    const stream = await nextStream(`retry: ${retry}\n\n`);
    await stream.end();
    assert.deepEqual(told, ["open", `streamEnded ${delay}`]);
  });
}

test("A connection that was open for 30 s starts the waits anew", async () => {
  const told = open({});
  dice.value = 1;
  for (let i = 0; i < 3; i++) {
    (await nextRequest()).fail(new TypeError());
    await pass(60000);
  }
  const stream = await nextStream();
  await pass(30001);
  await stream.end();
  assert.equal(told.at(-1), "streamEnded 6000");
});

for (const [after, delay] of [
  ["20", 20000],
  ["1", 3000],
  ["Tue, 01 Jan 2030 00:00:00 GMT", 3000],
  ["100000", 600000],
  ["soon", 3000],
  [undefined, 3000],
]) {
  test(`A hub that cannot answer is asked again, no earlier than it says (${after})`, async () => {
    for (const status of [429, 500, 503, 599]) {
      const told = open({});
      await (await nextRequest()).answer(status, after ? { "Retry-After": after } : {});
      assert.deepEqual(told, [`serverUnavailable ${status} ${delay}`]);
      source.close();
    }
  });
}

test("A date in Retry-After counts from now", async () => {
  const told = open({});
  await (await nextRequest()).answer(503, { "Retry-After": new Date(Date.now() + 30000).toUTCString() });
  const [, , delay] = told[0].split(" ");
  assert.ok(delay > 28000 && delay <= 30000, delay);
});

for (const [status, type, reason] of [
  [204, "", "noContent"],
  [404, "", "status"],
  [301, "", "status"],
  [401, "", "status"],
  [200, "text/html", "contentType"],
  [200, "text/event-streams", "contentType"],
  [200, "", "contentType"],
]) {
  test(`Status ${status} of type "${type}" is the end`, async () => {
    const told = open({});
    await (await nextRequest()).answer(status, { "Content-Type": type });
    assert.deepEqual(told, [`${reason} ${status}`]);
    assert.equal(source.readyState, 2);
    await pass(1e6);
    assert.equal(requests.length, 0);
  });
}

for (const type of ["text/event-stream", "Text/Event-Stream;charset=x", "text/event-stream ; a=b"]) {
  test(`"${type}" is a stream`, async () => {
    const told = open({});
    await (await nextRequest()).answer(200, { "Content-Type": type });
    assert.deepEqual(told, ["open"]);
  });
}

for (const status of [401, 403]) {
  test(`After ${status} the token is renewed, once`, async () => {
    const renewals = [];
    const told = open({ renew: async (event) => renewals.push(`${event.type} ${event.status}`) });
    await (await nextRequest()).answer(status);
    await pass(0);
    await (await nextRequest()).answer(status);
    assert.deepEqual(renewals, [`error ${status}`]);
    assert.deepEqual(told, [`renewed ${status} 0`, `status ${status}`]);
    assert.equal(source.readyState, 2);
  });
}

test("After a stream that was open, a token may be renewed again", async () => {
  const renewals = [];
  open({ renew: async (event) => renewals.push(event.status) });
  for (let i = 0; i < 2; i++) {
    await (await nextRequest()).answer(401);
    await pass(0);
    await (await nextStream()).end();
    await pass(10000);
  }
  assert.deepEqual(renewals, [401, 401]);
});

test("Headers are made for each request, and once more after a refusal", async () => {
  let number = 0;
  const told = open({ headers: async () => ({ Authorization: `Bearer ${++number}` }) });
  const first = await nextRequest();
  await first.answer(403);
  await pass(0);
  const { request } = await nextStream();
  assert.deepEqual([first.headers.authorization, request.headers.authorization], ["Bearer 1", "Bearer 2"]);
  assert.deepEqual(told, ["renewed 403 0", "open"]);
});

test("Headers that cannot be made now are asked for again later", async () => {
  let number = 0;
  const told = open({ headers: async () => { if (number++ === 0) throw new Error("offline"); return {}; } });
  await pass(3000);
  await nextStream();
  assert.deepEqual(told, ["connectionFailed 3000", "open"]);
});

test("A stream whose token ends is renewed and goes on where it was", async () => {
  let done;
  const told = open({ renew: (event) => new Promise((resolve) => { done = () => resolve(event.data); }) });
  const stream = await nextStream("data: a\nid: 1\n\nevent: tidings-expiring\ndata: {}\n\n");
  await stream.send("data: b\nid: 2\n\n");
  done();
  await pass(0);
  const next = await nextStream("data: c\nid: 3\n\n");
  assert.equal(stream.request.signal.aborted, true);
  assert.equal(next.request.headers["last-event-id"], "2");
  assert.deepEqual(told, ["open", "a #1", "b #2", "renewed 0", "open", "c #3"]);
});

test("A renewal that fails leaves the stream until it ends", async () => {
  const told = open({ renew: async () => { throw new Error("no"); } });
  const stream = await nextStream("event: tidings-expiring\ndata: {}\n\n");
  await stream.send("data: a\n\n");
  await stream.end();
  assert.deepEqual(told, ["open", "a #", "streamEnded 3000"]);
});

test("A heartbeat is asked of the hub, and two that are missing end the connection", async () => {
  const told = open({ heartbeat: true });
  const stream = await nextStream();
  assert.equal(stream.request.url, "https://example.com/hub?match=a&heartbeat=event&cursor=heartbeat");
  assert.equal(source.url, "https://example.com/hub?match=a");
  await pass(28000);
  await stream.send(":\n");
  await pass(28000);
  assert.deepEqual(told, ["open"]);
  await pass(5000);
  assert.deepEqual(told, ["open", "idleTimeout 0"]);
  await (await nextStream()).send('event: tidings-heartbeat\ndata: {"interval":1000}\n\n');
  await pass(5000);
  assert.deepEqual(told.slice(2), ["open", "idleTimeout 0"]);
});

test("An answer that does not come is missed too", async () => {
  const told = open({ heartbeat: 1000 });
  await pass(5000);
  assert.deepEqual(told.slice(0, 1), ["idleTimeout 0"]);
});

test("Without heartbeats silence is believed", async () => {
  const told = open({});
  await nextStream();
  await pass(1e6);
  assert.deepEqual(told, ["open"]);
});

test("A machine that has slept connects again at once", async () => {
  const told = open({});
  await nextStream("data: a\nid: 1\n\n");
  await sleep(100000);
  assert.deepEqual(told, ["open", "a #1", "resumed 0"]);
  assert.equal((await nextRequest()).headers["last-event-id"], "1");
});

test("A wait ends when the network is back", async () => {
  const told = open({});
  (await nextRequest()).fail(new TypeError());
  await pass(1);
  page.dispatchEvent(new Event("online"));
  await nextStream();
  assert.deepEqual(told, ["connectionFailed 3000", "open"]);
});

test("A page that is put aside has no stream until it is shown again", async () => {
  const told = open({});
  const stream = await nextStream("data: a\nid: 1\n\n");
  page.dispatchEvent(new Event("pagehide"));
  assert.equal(stream.request.signal.aborted, true);
  assert.deepEqual([source.readyState, source.lastEventId], [0, "1"]);
  await pass(1e6);
  assert.equal(requests.length, 0);
  page.dispatchEvent(new Event("pageshow"));
  const next = await nextStream("data: b\nid: 2\n\n");
  assert.equal(next.request.headers["last-event-id"], "1");
  assert.deepEqual(told, ["open", "a #1", "open", "b #2"]);
});

test("A page that is shown again after hours connects once", async () => {
  const told = open({});
  await nextStream();
  page.dispatchEvent(new Event("pagehide"));
  leap(1e7);
  page.dispatchEvent(new Event("pageshow"));
  await nextStream();
  await pass(10000);
  assert.deepEqual([told, requests.length], [["open", "open"], 0]);
});

test("After close nothing is told and nothing is requested", async () => {
  const told = open({});
  const stream = await nextStream("data: a\n\n");
  source.close();
  await stream.send("data: b\n\n");
  page.dispatchEvent(new Event("pageshow"));
  page.dispatchEvent(new Event("online"));
  await pass(1e6);
  assert.deepEqual([told, source.readyState, stream.request.signal.aborted, requests.length], [["open", "a #"], 2, true, 0]);
});

test("A listener that closes hears no more of what has arrived", async () => {
  const told = open({});
  source.onmessage = () => source.close();
  await nextStream("data: a\n\ndata: b\n\n");
  assert.deepEqual(told, ["open", "a #"]);
});

test("A gap is told twice: as the hub sent it, and with its reason", async () => {
  open({});
  const gaps = [];
  source.ongap = ({ reason, requested, resumesAfter, data, lastEventId }) => gaps.push({ reason, requested, resumesAfter, data, lastEventId });
  source.addEventListener("tidings-gap", (event) => gaps.push(event.data));
  const data = '{"requested":"1","reason":"expired","resumesAfter":"9"}';
  await nextStream(`event: tidings-gap\ndata: ${data}\nid: 9\n\nevent: tidings-gap\ndata: no json\n\n`);
  assert.deepEqual(gaps, [
    { reason: "expired", requested: "1", resumesAfter: "9", data, lastEventId: "9" },
    data,
    { reason: undefined, requested: undefined, resumesAfter: undefined, data: "no json", lastEventId: "9" },
    "no json",
  ]);
});

test("A stream beyond a limit is lost, and what came before it is kept", async () => {
  const told = open({});
  await nextStream(`data: a\nid: 1\n\ndata: ${"x".repeat(2 ** 20)}\n`);
  assert.deepEqual(told, ["open", "a #1", "limitExceeded 3000"]);
});

test("A place moves the cursor and is no event", async () => {
  const told = open({ keepCursor: true });
  await nextStream("id: 5\n\n");
  assert.deepEqual([told, source.lastEventId], [["open"], "5"]);
});

test("A place that is kept goes before one that is told", async () => {
  open({ keepCursor: true });
  await nextStream("data: a\nid: 5\n\n");
  source.close();
  assert.equal([...storage.values()].join(), "5");
  open({ keepCursor: true, lastEventId: "3" });
  assert.equal((await nextRequest()).headers["last-event-id"], "5");
  source.close();
  open({ keepCursor: true, lastEventId: "3" }, "/other");
  assert.equal((await nextRequest()).headers["last-event-id"], "3");
});

test("Where there are no locks each source has a stream of its own", async () => {
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: {} });
  open({ shared: true });
  const other = new TidingsSource("/hub?match=a", { shared: true });
  await nextStream();
  await nextStream();
  assert.deepEqual([source.readyState, other.readyState], [1, 1]);
  other.close();
});
