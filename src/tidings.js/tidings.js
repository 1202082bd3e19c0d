// TidingsSource: an EventSource that misses nothing. Part of Tidings, MIT. What is public is described in tidings.d.ts and README.md.

const LINE = 1 << 20, EVENT = 4 << 20, ID = 4096; // The limits of a stream, in UTF-16 units.
const RETRY = 3e3, SHORTEST = 100, LONGEST = 6e5, WINDOW = 6e4, HEALTHY = 3e4; // Milliseconds, as all times here.
const TICK = 2500, ASLEEP = 9e4; // A tick so late means sleep: browsers delay the timers of hidden pages by a minute.
const RECENT = 1000, RECENT_CHARS = 1 << 20; // What each tab remembers for those that are behind.

const bound = (/** @type {string} */ text, /** @type {number} */ most) => {
	if (text.length > most) throw RangeError();
	return text;
};

/** Decodes WHATWG HTML 9.2.6 from bytes that may be cut anywhere. @type {Decoder} */
export const decoder = (lastEventId = "") => {
	const utf8 = new TextDecoder();
	let line = "", afterCR = false, type = "", data = "", hasId = false;
	return {
		*push(bytes) {
			let text = utf8.decode(bytes, { stream: true });
			if (!text) return;
			// The LF of a pair may come later than its CR, which has ended the line already.
			if (afterCR && text[0] === "\n") text = text.slice(1);
			afterCR = text.endsWith("\r");
			const lines = text.split(/\r\n|\r|\n/);
			lines[0] = line + lines[0];
			line = lines.pop() ?? "";
			for (const line of lines) {
				const [, name, value = ""] = /^([^:]*)(?:: ?([^]*))?/.exec(bound(line, LINE)) ?? [];
				if (name === "data") data = bound(data + value, EVENT) + "\n";
				else if (name === "event") type = value;
				else if (name === "id" && !bound(value, ID).includes("\0")) (lastEventId = value), (hasId = true);
				else if (name === "retry" && /^[0-9]+$/.test(value)) this.retry = Math.min(+value, 922337203685477);
				else if (!line) {
					// Only now the id counts: an event that was cut in half comes again.
					const id = hasId ? lastEventId : undefined;
					if (data || hasId) yield { type: data && (type || "message"), data: data.slice(0, -1), lastEventId, id };
					type = data = "";
					hasId = false;
				}
			}
			bound(line, LINE);
		},
	};
};

/** @param {string} json @returns {Record<string, any>} */
const parse = (json) => {
	try {
		return Object(JSON.parse(json));
	} catch {
		return {};
	}
};

/** @param {Item} item */
const message = ({ type, data, lastEventId, origin }) => new MessageEvent(type, { data, lastEventId, origin });

/** One stream, through as many connections as it takes. @type {Open} */
const open = (url, options, cursor, hear, types) => {
	const { headers, heartbeat, renew, withCredentials } = options;
	let abort = new AbortController(), wake = () => {}, kicked = "", closed = false, renewed = false;
	let inARow = 0, openedAt = 0, heard = 0, retry = RETRY, silence = 2 * (heartbeat === true ? 15e3 : heartbeat || Infinity);
	/** @type {EventSource | undefined} */ let native;

	const opened = () => {
		openedAt = heard = Date.now();
		renewed = false;
		hear("open");
	};

	/** @param {Item} item */
	const take = (item) => {
		link.cursor = item.lastEventId;
		if (item.type === "tidings-heartbeat" && heartbeat === true) silence = 2 * parse(item.data).interval || silence;
		hear("item", item);
		// Should it fail, the stream ends with its token, and the refusal after that asks once more.
		const { signal } = abort;
		if (item.type === "tidings-expiring" && renew) renew(message(item)).then(() => signal.aborted || link.kick("renewed"), () => {});
	};

	// A native stream comes back by itself after a loss. Where it gives up it hides why: then fetch takes over.
	/** @returns {Promise<Problem>} */
	const listenNatively = () => new Promise((resolve) => {
		const first = new URL(url);
		if (cursor) first.searchParams.append("lastEventID", cursor);
		const source = (native = new EventSource(first, { withCredentials }));
		source.onopen = opened;
		source.onerror = () => source.readyState === 2 ? resolve({ reason: "", delay: 0 }) : hear("error", { reason: "streamLost" });
		abort.signal.onabort = () => resolve(source.close() ?? { reason: kicked });
		types?.forEach(link.listen);
	});

	/** @returns {Promise<Problem>} */
	const connect = async () => {
		const { signal } = abort;
		try {
			const sent = new Headers(typeof headers === "function" ? await headers() : headers);
			sent.set("Accept", "text/event-stream");
			// Headers are bytes, written as Latin-1; the standard wants UTF-8.
			if (link.cursor) sent.set("Last-Event-ID", String.fromCharCode(...new TextEncoder().encode(link.cursor)));
			const response = await fetch(url, { headers: sent, signal, cache: "no-store", credentials: withCredentials ? "include" : "same-origin" });
			const { status } = response, header = (/** @type {string} */ name) => response.headers.get(name) ?? "";
			if (status === 204) return { reason: "noContent", status, final: true };
			if (status === 429 || status >= 500) {
				const after = header("Retry-After");
				return { reason: "serverUnavailable", status, after: +after * 1e3 || Date.parse(after) - Date.now() || 0 };
			}
			if ((status === 401 || status === 403) && !renewed && (renew || typeof headers === "function")) {
				// A token may have expired since it was made: a fresh one is worth one more request, and not a second.
				renewed = true;
				await renew?.(Object.assign(new Event("error"), { reason: "status", status }));
				return { reason: "", delay: 0 };
			}
			if (status !== 200) return { reason: "status", status, final: true };
			if (!/^\s*text\/event-stream\s*(;|$)/i.test(header("Content-Type"))) return { reason: "contentType", status, final: true };
			opened();
			const { origin } = new URL(response.url), decode = decoder(link.cursor), reader = response.body?.getReader();
			for (;;) {
				const { done, value } = (await reader?.read()) ?? {};
				if (!value) return { reason: "streamEnded" };
				heard = Date.now();
				for (const item of decode.push(value)) {
					if (signal.aborted) break;
					take({ ...item, origin });
				}
				retry = decode.retry ?? retry;
			}
		} catch (problem) {
			return { reason: kicked || (problem instanceof RangeError ? "limitExceeded" : openedAt ? "streamLost" : "connectionFailed") };
		}
	};

	const run = async () => {
		for (;;) {
			kicked = "";
			openedAt = 0;
			abort = new AbortController();
			const problem = await (types ? listenNatively() : connect());
			abort.abort();
			types = native = undefined;
			if (closed) return;
			// Full jitter, as in our client for .NET: those who were cut together do not come back together.
			inARow = openedAt && Date.now() - openedAt > HEALTHY ? 0 : inARow + 1;
			const base = Math.max(retry, SHORTEST), wait = base + Math.random() * Math.min(base * 2 ** Math.max(inARow - 1, 0), WINDOW);
			const delay = kicked ? 0 : problem.delay ?? Math.min(Math.max(wait, problem.after ?? 0), LONGEST);
			kicked = "";
			if (problem.reason) hear("error", problem.final ? problem : { ...problem, delay });
			if (problem.final || closed) return;
			await new Promise((resolve) => setTimeout((wake = () => resolve(0)), kicked ? 0 : delay));
		}
	};

	/** @type {Link} */ const link = {
		cursor,
		kick(why = "resumed") {
			kicked = why;
			abort.abort();
			wake();
		},
		close() {
			closed = true;
			link.kick();
		},
		tick() {
			if (openedAt && Date.now() - heard > silence) link.kick("idleTimeout");
		},
		// A native stream hands over only the types that are named.
		listen(type) {
			if (!/^(open|error)$/.test(type)) native?.addEventListener(type, relay);
		},
	};
	/** @param {MessageEvent} event */
	const relay = ({ type, data, lastEventId, origin }) => take({ type, data, lastEventId, origin });
	run();
	return link;
};

/**
 * A part in a shared stream. The leader holds a lock, has the stream and passes all on, numbered within its generation g. A follower knows its place, asks the leader for what it
 * has missed, and takes the lock when the leader is gone or silent. @type {Join}
 */
const join = (name, connect, start, hear) => {
	const me = crypto.randomUUID(), channel = new BroadcastChannel(name);
	let leading = false, isOpen = false, closed = false, mayRepeat = false, g = 0, n = -1, quiet = 0, chars = 0;
	let turn = new AbortController(), release = () => {};
	/** @type {Link | undefined} */ let stream; // The leader's; or a follower's that is too far behind, until it has caught up.
	/** @type {Item[]} */ const recent = [];

	const post = (/** @type {string} */ is, /** @type {object} */ more = {}) => {
		if (!closed) channel.postMessage({ is, me, g, n, cursor: link.cursor, isOpen, ...more });
	};
	const ask = () => post("question");
	const has = (/** @type {string | undefined} */ id) => !!id && recent.some((item) => item.id === id);

	/** @param {Item} item */
	const keep = (item) => {
		recent.push({ ...item, g, n });
		chars += item.data.length;
		while (recent.length > RECENT || (chars > RECENT_CHARS && recent.length > 1)) chars -= recent.shift()?.data.length ?? 0;
	};
	const place = (/** @type {string} */ id) => {
		link.cursor = id;
		if (id) keep({ type: "", data: "", lastEventId: id, id });
	};
	/** @param {Item} item */
	const accept = (item) => {
		if (mayRepeat && has(item.id)) return;
		if (item.id) mayRepeat = false; // In order: after the first that is new all are.
		keep(item);
		link.cursor = item.lastEventId;
		hear("item", item);
	};

	const follow = () => {
		stream ??= connect(link.cursor, (kind, detail) => {
			if (leading && kind === "item") n++;
			isOpen = kind === "open" || (isOpen && kind === "item");
			if (leading) post(kind, { detail });
			if (kind === "item") accept(detail);
			else hear(kind, detail);
		});
	};
	const leave = () => {
		leading = false;
		stream = stream?.close();
		release();
	};
	const adopt = (/** @type {any} */ m) => {
		leave();
		({ g, n } = m);
		mayRepeat = true;
		if ((isOpen = m.isOpen)) hear("open");
	};

	const queue = (steal = false) => {
		turn.abort();
		quiet = 0;
		const { signal } = (turn = new AbortController());
		navigator.locks.request(name, steal ? { steal } : { signal }, () => new Promise((resolve) => {
			if (signal.aborted) return resolve(0);
			release = () => resolve(0);
			leading = true;
			g = Math.max(g + 1, Date.now());
			n = 0;
			place(link.cursor);
			post("lead");
			follow();
		})).catch(() => signal.aborted || stepDown()); // Somebody took the lock from a leader that did not answer.
	};
	const stepDown = () => {
		leave();
		queue();
		ask();
	};

	channel.onmessage = ({ data: m }) => {
		if (m.is === "question") {
			if (!leading) return;
			const i = recent.findLastIndex((item) => (item.g === m.g && item.n === m.n) || (item.id && item.id === m.cursor));
			const isHere = i >= 0 || !m.cursor || (m.g === g && m.n === n);
			return post("answer", { to: m.me, isHere, items: i < 0 && isHere ? [] : recent.slice(i + 1) });
		}
		if (m.g < g || (leading && m.g === g)) return; // A leader that does not know yet that it is none.
		if (leading) return stepDown();
		quiet = 0;
		if (m.is === "answer") {
			if (m.to !== me) return;
			const common = m.items.findLastIndex((/** @type {Item} */ item) => has(item.id));
			if (!m.isHere && common < 0) {
				n = -1; // The leader does not remember so much: the server does, until both have something in common.
				return follow();
			}
			adopt(m);
			m.items.slice(common + 1).forEach(accept);
			if (!link.cursor) place(m.cursor);
		} else if (m.is === "lead") {
			// Whoever has the new leader's beginning goes on with it.
			if (m.cursor ? has(m.cursor) : !link.cursor) adopt(m);
			else ask();
		} else if (m.g !== g || n < 0 || m.n > n + 1) {
			if (!stream) ask();
		} else if (m.is !== "item") {
			isOpen = m.isOpen;
			hear(m.is, m.detail);
		} else if (m.n > n) {
			({ n } = m);
			accept(m.detail);
		}
	};

	/** @type {Link} */ const link = {
		cursor: start,
		kick: () => (stream ? stream.kick() : ask()),
		close() {
			closed = true;
			turn.abort();
			leave();
			channel.close();
		},
		tick() {
			stream?.tick();
			// A frozen leader does not answer. A hidden one does, however slow its timers are.
			if (leading || ++quiet < 2) return;
			if (quiet > 4) queue(true);
			else ask();
		},
		listen() {},
	};
	place(start);
	queue();
	ask();
	return link;
};

export class TidingsSource extends EventTarget {
	readyState = 0;
	/** @type {Link | undefined} */ #link;
	#types = new Set(["message", "tidings-gap"]);
	#closing = new AbortController();

	/** @param {string | URL} address @param {import("./tidings.d.ts").TidingsSourceOptions} [options] */
	constructor(address, options = {}) {
		super();
		const { shared, headers, heartbeat, renew, keepCursor, withCredentials = false } = options, { signal } = this.#closing;
		const url = new URL(address, globalThis.document?.baseURI ?? location.href);
		this.url = url.href;
		this.withCredentials = withCredentials;
		const name = `tidings ${withCredentials} ${url}`;
		let cursor = options.lastEventId ?? "", isFirst = !(shared || headers || heartbeat || renew || keepCursor), seen = Date.now();
		// Both are for the hub: a heartbeat that scripts can see, and the place of a stream before its first event.
		if (heartbeat) url.searchParams.append("heartbeat", "event");
		if (shared || heartbeat || renew || keepCursor) url.searchParams.append("cursor", "heartbeat");
		const storage = keepCursor ? sessionStorage : undefined;
		cursor = storage?.getItem(name) || cursor;

		for (const type of ["open", "message", "error", "gap"]) {
			/** @type {EventListener | null} */ let handler = null;
			this.addEventListener(type, (/** @type {Event} */ event) => handler?.call(this, event));
			Object.defineProperty(this, `on${type}`, { get: () => handler, set: (value) => (handler = typeof value === "function" ? value : null) });
		}

		/** @type {Hear} */ const hear = (kind, detail) => {
			if (signal.aborted) return;
			if (kind !== "item") {
				if (kind === "open" && this.readyState === 1) return;
				if (detail?.final) this.close();
				else this.readyState = kind === "open" ? 1 : 0;
				this.dispatchEvent(Object.assign(new Event(kind), detail));
			} else if (detail.type) {
				const { reason, requested, resumesAfter } = detail.type === "tidings-gap" ? parse(detail.data) : detail;
				if (reason) this.dispatchEvent(Object.assign(message({ ...detail, type: "gap" }), { reason, requested, resumesAfter }));
				this.dispatchEvent(message(detail));
			}
		};
		/** @type {Connect} */ const connect = (cursor, hear) => open(url, options, cursor, hear, isFirst && globalThis.EventSource ? this.#types : undefined);
		const save = () => {
			cursor = this.#link?.cursor ?? cursor;
			if (cursor) storage?.setItem(name, cursor);
		};
		const suspend = () => {
			save();
			this.#link = this.#link?.close();
			if (this.readyState < 2) this.readyState = 0;
		};
		const resume = () => {
			this.#link ??= shared && globalThis.navigator?.locks ? join(name, connect, cursor, hear) : connect(cursor, hear);
			isFirst = false;
		};
		const tick = () => {
			const isLate = Date.now() - seen > ASLEEP;
			seen = Date.now();
			save();
			if (isLate) this.#link?.kick();
			else this.#link?.tick();
		};
		const on = (/** @type {string} */ types, /** @type {() => void} */ act) => {
			for (const type of types.split(" ")) globalThis.addEventListener?.(type, act, { signal, capture: true });
		};
		// A page with an open stream could not be kept for the way back.
		on("pagehide freeze", suspend);
		on("pageshow resume", resume);
		on("online", () => this.#link?.kick());
		on("visibilitychange", tick);
		const timer = setInterval(tick, TICK);
		signal.onabort = () => {
			clearInterval(timer);
			suspend();
		};
		resume();
	}

	get lastEventId() {
		return this.#link?.cursor ?? "";
	}

	/** @param {string} type @param {any} listener @param {any} [options] */
	addEventListener(type, listener, options) {
		super.addEventListener(type, listener, options);
		this.#types.add(type);
		this.#link?.listen(type);
	}

	close() {
		this.readyState = 2;
		this.#closing.abort();
	}
}

for (const [state, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSED: 2 })) {
	for (const target of [TidingsSource, TidingsSource.prototype]) Object.defineProperty(target, state, { value });
}
