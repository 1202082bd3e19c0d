// TidingsSource: an EventSource that misses nothing. Part of Tidings, MIT. How to use it: README.md and tidings.d.ts.

const LINE = 1 << 20, EVENT = 4 << 20, ID = 4096; // The limits of a stream, in UTF-16 units.
const RETRY = 3e3, SHORTEST = 100, LONGEST = 6e5, WINDOW = 6e4, HEALTHY = 3e4; // Milliseconds, as all times.
const TICK = 2500, ASLEEP = 9e4; // A tick so late means sleep: browsers delay the timers of hidden pages by a minute.

const bound = (text = "", most = 0) => {
	if (text.length > most) throw RangeError();
	return text;
};

/** Decodes WHATWG HTML 9.2.6 from bytes that may be cut anywhere. @type {Decoder} */
export const decoder = (lastEventId = "") => {
	const utf8 = new TextDecoder();
	let rest = "", afterCR = false, type = "", data = "", hasId = false;
	return {
		*push(bytes) {
			let text = utf8.decode(bytes, { stream: true });
			if (!text) return;
			// The LF of a pair may come later than its CR, which has ended the line already.
			if (afterCR && text[0] === "\n") text = text.slice(1);
			afterCR = text.endsWith("\r");
			const lines = text.split(/\r\n|\r|\n/);
			lines[0] = rest + lines[0];
			rest = lines.pop() ?? "";
			for (const line of lines) {
				const [, name, value = ""] = /^([^:]*)(?:: ?([^]*))?/.exec(bound(line, LINE)) ?? [];
				if (name === "data") data = bound(data + value, EVENT) + "\n";
				else if (name === "event") type = value;
				else if (name === "id" && !bound(value, ID).includes("\0")) (lastEventId = value), (hasId = true);
				else if (name === "retry" && /^[0-9]+$/.test(value)) this.retry = Math.min(+value, 922337203685477);
				else if (!line) {
					// Only now the id counts: an event that was cut in half comes again.
					if (data || hasId) yield { type: data && (type || "message"), data: data.slice(0, -1), lastEventId };
					type = data = "";
					hasId = false;
				}
			}
			bound(rest, LINE);
		},
	};
};

const parse = (json = "") => {
	try {
		return Object(JSON.parse(json));
	} catch {
		return {};
	}
};

/**
 * One stream, through as many connections as it takes. By fetch and not by EventSource, which hides the status of a refusal, comments, and the time after which to come back.
 * @type {Connect}
 */
const connect = (url, { headers, heartbeat, renew, withCredentials }, cursor, hear) => {
	let abort = new AbortController(), wake = () => {}, closed = false, renewed = false, openedAt = 0, heard = 0;
	let doublings = -1, retry = RETRY, silence = 2 * (heartbeat === true ? 15e3 : heartbeat || Infinity);

	/** @returns {Promise<Problem>} */
	const read = async () => {
		const { signal } = abort, sent = new Headers(typeof headers === "function" ? await headers() : headers);
		sent.set("Accept", "text/event-stream");
		// Headers are bytes, written as Latin-1; the standard wants UTF-8.
		if (link.cursor) sent.set("Last-Event-ID", String.fromCharCode(...new TextEncoder().encode(link.cursor)));
		const response = await fetch(url, { headers: sent, signal, cache: "no-store", credentials: withCredentials ? "include" : "same-origin" });
		const { status, body } = response, header = (name = "") => response.headers.get(name) ?? "", after = header("Retry-After");
		if (status === 429 || status > 499) return { reason: "serverUnavailable", status, after: +after * 1e3 || Date.parse(after) - Date.now() };
		if ((status === 401 || status === 403) && !renewed && (renew || typeof headers === "function")) {
			// A token may have expired since it was made: a fresh one is worth one more request, and not a second.
			renewed = true;
			await renew?.(Object.assign(new Event("error"), { status }));
			link.kick("renewed");
			return { reason: "", status };
		}
		const isStream = /^text\/event-stream *(;|$)/i.test(header("Content-Type"));
		if (status !== 200 || !isStream || !body) return { reason: status === 204 ? "noContent" : status === 200 ? "contentType" : "status", status, final: true };
		openedAt = Date.now();
		renewed = false;
		hear("open");
		const { origin } = new URL(response.url), decode = decoder(link.cursor), reader = body.getReader();
		for (;;) {
			const { value } = await reader.read();
			if (!value) return { reason: "streamEnded" };
			heard = Date.now();
			for (const item of decode.push(value)) {
				if (signal.aborted) break;
				link.cursor = item.lastEventId;
				if (heartbeat === true && item.type === "tidings-heartbeat") silence = 2 * parse(item.data).interval || silence;
				hear("item", { ...item, origin });
				// If it fails, the stream ends with its token, and the refusal after that asks once more.
				if (item.type === "tidings-expiring") renew?.(new MessageEvent(item.type, item)).then(() => signal.aborted || link.kick("renewed"), () => {});
			}
			retry = decode.retry ?? retry;
		}
	};

	const run = async () => {
		while (!closed) {
			heard = Date.now();
			openedAt = Infinity;
			abort = new AbortController();
			/** @type {Problem} */ const problem = await read().catch((error) => (
				{ reason: error instanceof RangeError ? "limitExceeded" : openedAt < Infinity ? "streamLost" : "connectionFailed" }));
			if (closed) return;
			heard = Infinity;
			// Full jitter, as in our client for .NET: those who were cut together do not come back together.
			doublings = Date.now() - openedAt > HEALTHY ? 0 : doublings + 1;
			const base = Math.max(retry, SHORTEST), wait = base + Math.random() * Math.min(base * 2 ** doublings, WINDOW);
			const { aborted, reason } = abort.signal, { final, after, status } = problem;
			const delay = final ? undefined : aborted ? 0 : Math.min(Math.max(wait, after || 0), LONGEST);
			abort.abort();
			hear("error", { reason: aborted ? reason : problem.reason, status, delay });
			if (final) return;
			await new Promise((resolve) => setTimeout((wake = () => resolve(0)), delay));
		}
	};

	/** @type {Link} */ const link = {
		cursor,
		kick(why = "resumed") {
			abort.abort(why);
			wake();
		},
		close() {
			closed = true;
			link.kick();
		},
		tick() {
			if (Date.now() - heard > silence) link.kick("idleTimeout");
		},
	};
	run();
	return link;
};

/**
 * A part in a shared stream. The leader holds a lock, has the stream and passes all on, numbered (n) within its generation (g). A follower that is elsewhere than the leader has a
 * stream of its own until both are at the same id. It takes the lock when the leader is gone or silent. @type {Join}
 */
const join = (name, open, cursor, hear) => {
	const channel = new BroadcastChannel(name);
	let leading = false, isOpen = false, closed = false, g = 0, n = -1, quiet = 0, tries = 0, turn = new AbortController(), release = () => {};
	/** @type {any} */ let stream, /** @type {any} */ leader; // What it said last.

	const post = (is = "question", detail = {}) => closed || channel.postMessage({ is, detail, g, n, cursor: link.cursor, isOpen });
	const leave = () => {
		leading = false;
		stream = stream?.close();
		release();
	};
	// Goes on with the leader, if both are at the same place or there is none yet.
	const meet = () => {
		g = leader.g;
		n = -1;
		if (link.cursor && link.cursor !== leader.cursor) return;
		leave();
		({ n, isOpen, cursor: link.cursor } = leader);
		if (isOpen) hear("open");
	};
	const follow = () => {
		stream ??= open(link.cursor, (kind, detail) => {
			if (kind !== "item") isOpen = kind === "open";
			else link.cursor = detail.lastEventId;
			if (leading) n += +(kind === "item"), post(kind, detail);
			hear(kind, detail);
			if (!leading && leader) meet();
		});
	};
	const queue = (steal = false) => {
		turn.abort();
		quiet = 0;
		const { signal } = (turn = new AbortController());
		navigator.locks.request(name, steal ? { steal } : { signal }, () => new Promise((resolve) => {
			release = () => resolve(0);
			if (signal.aborted) return release();
			leading = true;
			g = Math.max(g + 1, Date.now()) + Math.random(); // Two who steal at the same moment are still two.
			n = 0;
			isOpen &&= !!stream;
			post("lead");
			follow();
			// Somebody took the lock from a leader that did not answer; or there are none, as in a sandbox, and each has a stream of its own.
		})).catch((error) => signal.aborted || (error.name === "AbortError" ? stepDown() : follow()));
	};
	const stepDown = () => {
		leave();
		queue();
		post();
	};

	channel.onmessage = ({ data: m }) => {
		if (m.is === "question") return leading && post("answer");
		if (m.g < g) return; // From a leader that does not know yet that it is none.
		if (leading) stepDown();
		quiet = 0;
		leader = m;
		if (n < 0 || m.g > g || m.n > n + +(m.is === "item")) {
			meet();
			if (n < 0 && m.is === "answer") follow();
		} else if (m.is !== "item") hear(m.is, m.detail);
		else if (m.n > n) {
			n++;
			link.cursor = m.cursor;
			hear("item", m.detail);
		}
	};

	/** @type {Link} */ const link = {
		cursor,
		kick: () => (stream ? stream.kick() : post()),
		close() {
			closed = true;
			turn.abort();
			leave();
			channel.close();
		},
		tick() {
			stream?.tick();
			if (leading) return;
			// A frozen leader does not answer. A hidden one does, however slow its timers are.
			if (++quiet > 4) queue(true);
			// Who is ahead of the leader stays so while both go on: it stands still for a while, and the leader comes by.
			else if (stream && leader && ++tries % 4 === 0) stream = stream.close();
			else if (quiet > 1 || n < 0) post();
		},
	};
	queue();
	post();
	return link;
};

export class TidingsSource extends EventTarget {
	readyState = 0;
	/** @type {Link | undefined} */ #link;
	#closing = new AbortController();
	#cursor;

	/** @param {string | URL} address @param {Options} options */
	constructor(address, options = {}) {
		super();
		const { shared, heartbeat, renew, keepCursor, withCredentials = false } = options, { signal } = this.#closing;
		const url = new URL(address, globalThis.document?.baseURI ?? location.href), storage = keepCursor ? sessionStorage : undefined;
		const name = `tidings ${withCredentials} ${url}`;
		let seen = Date.now();
		this.#cursor = storage?.getItem(name) || options.lastEventId || "";
		this.url = url.href;
		this.withCredentials = withCredentials;
		// Both are for the hub: heartbeats that tell their interval, and the place of a stream before its first event.
		if (heartbeat) url.searchParams.append("heartbeat", "event");
		if (heartbeat || shared || renew || keepCursor) url.searchParams.append("cursor", "heartbeat");
		for (const type of ["open", "message", "error", "gap"]) {
			/** @type {any} */ let handler = null;
			this.addEventListener(type, (event) => handler?.call(this, event));
			Object.defineProperty(this, `on${type}`, { get: () => handler, set: (value) => (handler = value) });
		}

		/** @type {Hear} */ const hear = (kind, detail) => {
			if (signal.aborted) return;
			if (kind === "item") {
				if (detail.type === "tidings-gap") {
					const { reason, requested, resumesAfter } = parse(detail.data);
					this.dispatchEvent(Object.assign(new MessageEvent("gap", detail), { reason, requested, resumesAfter }));
				}
				if (detail.type) this.dispatchEvent(new MessageEvent(detail.type, detail));
			} else if (kind === "error" || (kind === "open" && !this.readyState)) {
				this.readyState = +(kind === "open");
				if (kind === "error" && detail.delay === undefined) this.close();
				this.dispatchEvent(Object.assign(new Event(kind), detail));
			}
		};
		const resume = () => {
			seen = Date.now();
			/** @type {Open} */ const open = (cursor, hear) => connect(url, options, cursor, hear);
			this.#link ??= (shared && globalThis.navigator?.locks ? join.bind(null, name, open) : open)(this.#cursor, hear);
		};
		const tick = () => {
			const isLate = Date.now() - seen > ASLEEP;
			seen = Date.now();
			this.#cursor = this.lastEventId;
			if (this.#cursor) storage?.setItem(name, this.#cursor);
			if (isLate) this.#link?.kick();
			else this.#link?.tick();
		};
		const suspend = () => {
			tick();
			this.#link = this.#link?.close();
			this.readyState &= 2;
		};
		const on = (types = "", act = tick) => types.split(" ").forEach((type) => globalThis.addEventListener?.(type, act, { signal, capture: true }));
		on("pagehide freeze", suspend); // With an open stream the page could not be kept for the way back.
		on("pageshow resume", resume);
		on("online", () => this.#link?.kick());
		on("visibilitychange");
		const timer = setInterval(tick, TICK);
		signal.onabort = () => {
			clearInterval(timer);
			suspend();
		};
		resume();
	}

	get lastEventId() {
		return this.#link?.cursor || this.#cursor;
	}

	close() {
		this.readyState = 2;
		this.#closing.abort();
	}
}

for (const target of [TidingsSource, TidingsSource.prototype]) Object.assign(target, { CONNECTING: 0, OPEN: 1, CLOSED: 2 });
