// The shapes inside of tidings.js: for the type checker alone, not part of the package.
import type { TidingsSourceOptions } from "./tidings.d.ts";

declare global {
  type Options = TidingsSourceOptions;

  /** An event; or with an empty type the place of the stream, an id without data. */
  interface Item {
    type: string;
    data: string;
    lastEventId: string;
  }

  /** Why a connection is over. */
  interface Problem {
    reason: string;
    status?: number;
    /** The shortest wait that the server asked for, in milliseconds. */
    after?: number;
    final?: boolean;
  }

  type Hear = (kind: "open" | "error" | "item", detail?: any) => void;

  /** A stream, own or shared. */
  interface Link {
    /** Where it is. */
    cursor: string;
    /** Connects again at once. */
    kick(why?: string): void;
    close(): undefined;
    tick(): void;
  }

  type Decoder = (lastEventId?: string) => { retry?: number; push(bytes: Uint8Array): Generator<Item> };
  type Connect = (url: URL, options: Options, cursor: string, hear: Hear) => Link;
  type Open = (cursor: string, hear: Hear) => Link;
  type Join = (name: string, open: Open, cursor: string, hear: Hear) => Link;
}
