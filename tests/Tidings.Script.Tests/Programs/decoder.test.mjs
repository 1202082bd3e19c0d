// The shared fixtures, whole, byte by byte, and cut in two at every place.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { decoder } from "../../../src/tidings.js/tidings.js";

const fixtures = new URL("../../fixtures/", import.meta.url);

function read(pieces, lastEventId) {
  const stream = decoder(lastEventId);
  const items = pieces.flatMap((piece) => [...stream.push(piece)]);
  return {
    events: items.filter((item) => item.type).map(({ type, data, lastEventId }) => ({ type, data, lastEventId })),
    lastEventId: items.at(-1)?.lastEventId ?? "",
    retry: stream.retry ?? null,
  };
}

for (const file of readdirSync(fixtures).filter((name) => name.endsWith(".sse"))) {
  const bytes = readFileSync(new URL(file, fixtures));
  const { rule, events, lastEventId, retry } = JSON.parse(readFileSync(new URL(file.replace(".sse", ".json"), fixtures), "utf8"));
  test(`${file}: ${rule}`, () => {
    const expected = { events, lastEventId, retry };
    assert.deepEqual(read([bytes]), expected);
    assert.deepEqual(read(Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), expected, `cut at ${cut}`);
    }
  });
}

const encode = (text) => new TextEncoder().encode(text);

for (const [what, text] of [
  ["line", "x".repeat(2 ** 20 + 1)],
  ["event", `data:${"x".repeat(2 ** 20 - 5)}\n`.repeat(5)],
  ["id", `id:${"x".repeat(4097)}\n`],
]) {
  test(`A ${what} beyond its limit ends the stream, and what came before it is handed out`, () => {
    const items = [];
    assert.throws(() => {
      for (const item of decoder().push(encode(`data: a\n\n${text}`))) items.push(item.data);
    }, RangeError);
    assert.deepEqual(items, ["a"]);
  });
}

test("Events of a resumed stream without an id of their own have that of the stream before", () => {
  assert.deepEqual(read([encode("data: a\n\n")], "7").events, [{ type: "message", data: "a", lastEventId: "7" }]);
});
