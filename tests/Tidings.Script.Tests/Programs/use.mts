// Everything that is declared, as a page in TypeScript uses it. Compiled, not run.
import { TidingsSource, type TidingsErrorEvent, type TidingsGapEvent, type TidingsSourceOptions } from "../../../src/tidings.js/tidings.js";

const options: TidingsSourceOptions = {
  withCredentials: true,
  lastEventId: "7",
  shared: true,
  headers: async () => ({ Authorization: "Bearer x" }),
  heartbeat: 5000,
  renew: async (event: Event) => { await fetch("/login", { body: event.type }); },
  keepCursor: true,
};
const source = new TidingsSource(new URL("https://example.com/"), options);
const place: string = source.lastEventId;
const state: boolean = source.readyState === TidingsSource.OPEN || source.readyState === source.CLOSED;
source.onmessage = (event) => { const text: string = event.data; };
source.onerror = (event: TidingsErrorEvent) => { const wait: number | undefined = event.delay; };
source.ongap = (event: TidingsGapEvent) => { const why: string = event.reason; };
source.addEventListener("error", (event) => { const status: number | undefined = event.status; });
source.addEventListener("price", (event) => { const text: string = event.data; }, { once: true });
source.removeEventListener("price", null);

// A function that takes what pages have used so far takes it, too.
const listen = (standard: Pick<EventSource, "url" | "readyState" | "withCredentials" | "close">) => standard.close();
listen(source);

// @ts-expect-error: read-only.
source.readyState = 2;
// @ts-expect-error: no such option.
new TidingsSource("/", { retry: 1 });
