/** How a {@link TidingsSource} behaves beyond `EventSource`. Without any option it is one, but for 5xx and 429, which it tries again. */
export interface TidingsSourceOptions {
  /** Whether cookies are sent to other origins, as for `EventSource`. Default false. */
  withCredentials?: boolean;

  /**
   * Begins after this event. Sent as the header `Last-Event-ID`, or by a native stream as the query parameter `lastEventID`, which the hub understands. Default: begins with what
   * comes from now on.
   */
  lastEventId?: string;

  /**
   * One stream for all tabs, and all sources in them, of this origin that ask for the same URL with the same credentials; the options of the tab that has the stream at the moment
   * count. Needs Web Locks, thus a secure context; elsewhere each source has a stream of its own. Default false.
   */
  shared?: boolean;

  /** Headers of every request, or what makes them for each. A function is asked once more when the server refuses with 401 or 403. Default none. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);

  /**
   * Reconnects when for two heartbeats nothing was heard. `true` asks the hub by `heartbeat=event` for heartbeats that tell their interval (15 s until told); a number is the interval
   * in milliseconds at which any server sends something, be it a comment. Default false: silence is believed.
   */
  heartbeat?: boolean | number;

  /**
   * Gets a new token or cookie: called with the event `tidings-expiring` some seconds before the end of the old one, whereupon the stream is opened anew and goes on where it was; and
   * with an event `error` when the server refuses with 401 or 403, whereupon the request is repeated once.
   */
  renew?: (event: Event) => Promise<unknown>;

  /** Keeps the place of the stream in `sessionStorage`, so that a page that is loaded again goes on there; what is kept goes before `lastEventId`. Default false. */
  keepCursor?: boolean;
}

/** Why a stream was lost, or never came to be. The last four are final. */
export type TidingsErrorReason =
  | "streamEnded"
  | "streamLost"
  | "connectionFailed"
  | "idleTimeout"
  | "limitExceeded"
  | "serverUnavailable"
  | "resumed"
  | "renewed"
  | "noContent"
  | "status"
  | "contentType";

/** The event `error`. Of a native stream only the reason is known. */
export interface TidingsErrorEvent extends Event {
  readonly reason: TidingsErrorReason;
  /** The status of the response, if there was one. */
  readonly status?: number;
  /** In how many milliseconds the next attempt is made; undefined if there is none, and `readyState` is `CLOSED`. */
  readonly delay?: number;
}

/** The event `gap`: events after the last one may be missing, and the page should fetch its state anew. */
export interface TidingsGapEvent extends MessageEvent<string> {
  /** Why: `expired`, `unknown`, `epoch`, `fork` or `rewound`. */
  readonly reason: string;
  /** The id that the stream was asked to go on after. */
  readonly requested?: string;
  /** The id after which it goes on. */
  readonly resumesAfter?: string;
}

export interface TidingsSourceEventMap {
  open: Event;
  message: MessageEvent<string>;
  error: TidingsErrorEvent;
  gap: TidingsGapEvent;
}

/** An `EventSource` that shares its stream among tabs, retries, renews, and tells what it could not get. */
export declare class TidingsSource extends EventTarget {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSED: 2;

  /** @throws {TypeError} The URL cannot be parsed. */
  constructor(url: string | URL, options?: TidingsSourceOptions);

  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSED: 2;
  readonly url: string;
  readonly withCredentials: boolean;
  /** 0 while it connects or waits to, 1 when the stream is open, 2 when it is closed for good. */
  readonly readyState: 0 | 1 | 2;
  /** Where the stream is: the id of the last event, or the place that the hub has told since. Empty if none is known. */
  readonly lastEventId: string;

  onopen: ((this: TidingsSource, event: Event) => any) | null;
  onmessage: ((this: TidingsSource, event: MessageEvent<string>) => any) | null;
  onerror: ((this: TidingsSource, event: TidingsErrorEvent) => any) | null;
  ongap: ((this: TidingsSource, event: TidingsGapEvent) => any) | null;

  addEventListener<K extends keyof TidingsSourceEventMap>(
    type: K, listener: (this: TidingsSource, event: TidingsSourceEventMap[K]) => any, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: ((this: TidingsSource, event: MessageEvent<string>) => any) | EventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<K extends keyof TidingsSourceEventMap>(
    type: K, listener: (this: TidingsSource, event: TidingsSourceEventMap[K]) => any, options?: boolean | EventListenerOptions): void;
  removeEventListener(type: string, listener: ((this: TidingsSource, event: MessageEvent<string>) => any) | EventListenerObject | null, options?: boolean | EventListenerOptions): void;

  /** Ends the stream for good; nothing is dispatched after it. */
  close(): void;
}
