// The shapes inside of tidings.js: for the type checker alone, not part of the package.
import type { TidingsSourceOptions } from "./tidings.d.ts";

declare global {
  /** An event; or with an empty type the place of the stream, an id without data. */
  interface Item {
    type: string;
    data: string;
    lastEventId: string;
    /** The id that stood with it, if one did. */
    id?: string;
    origin?: string;
    /** Generation and number, in a shared stream. */
    g?: number;
    n?: number;
  }

  interface Problem {
    /** Empty if nothing is to be told. */
    reason: string;
    status?: number;
    /** How long to wait; otherwise the back-off decides. */
    delay?: number;
    /** The shortest wait that the server asked for. */
    after?: number;
    final?: boolean;
  }

  type Hear = (kind: "open" | "error" | "item", detail?: any) => void;

  /** A stream, own or shared. */
  interface Link {
    cursor: string;
    kick(why?: string): void;
    close(): undefined;
    tick(): void;
    listen(type: string): void;
  }

  type Decoder = (lastEventId?: string) => { retry?: number; push(bytes: Uint8Array): Generator<Item> };
  type Open = (url: URL, options: TidingsSourceOptions, cursor: string, hear: Hear, types?: Set<string>) => Link;
  type Connect = (cursor: string, hear: Hear) => Link;
  type Join = (name: string, connect: Connect, start: string, hear: Hear) => Link;
}
