// One stream of everything that a page shows, taken up again where it was cut. It knows neither React nor a page.
import { Code, ConnectError } from "@connectrpc/connect";
import type { ResourceKind } from "../api/winslow/v1/event_pb.ts";
import type { WatchResponse } from "../api/winslow/v1/event_service_pb.ts";
import type { Services } from "../rpc/services.ts";
import { applied, type Tables } from "./tables.ts";

/** `lost`: the node does not answer. `stale`: it answers and has lost its etcd, so that what it says may be old. */
export type Connection = "connecting" | "live" | "stale" | "lost";

/** Which kinds of resources, and of which projects runs and stages are told; none: of all. */
export interface Scope {
  kinds: readonly ResourceKind[];
  detailsOf: readonly string[];
}

export interface Picture {
  tables: Tables;
  connection: Connection;
  /** Whether all there was at the beginning has come. */
  complete: boolean;
}

/** A node says something each 5 s; after this many milliseconds without, it does not. */
export const SILENCE = 12_000;
const PATIENCE = { first: 250, most: 5_000 };

export class Feed {
  #picture: Picture = { tables: {}, connection: "connecting", complete: false };
  #revision = 0n;
  #beginning = false;
  #listeners = new Set<() => void>();
  readonly #events: Services["events"];
  readonly #scope: Scope;

  constructor(events: Services["events"], scope: Scope) {
    this.#events = events;
    this.#scope = scope;
  }

  /** What is known now; the same object as long as nothing changed. */
  readonly picture = (): Picture => this.#picture;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Goes on until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = PATIENCE.first;
    while (!signal.aborted) {
      try {
        await this.#watch(signal, () => {
          pause = PATIENCE.first;
        });
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(ConnectError.from(error));
      }
      await sleep(pause * (0.5 + Math.random()), signal);
      pause = Math.min(2 * pause, PATIENCE.most);
    }
  }

  async #watch(signal: AbortSignal, heard: () => void): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE);
    try {
      const wanted = {
        revision: this.#revision,
        kinds: [...this.#scope.kinds],
        detailsOf: [...this.#scope.detailsOf],
        brief: true,
      };
      const stream = this.#events.watch(wanted, { signal: AbortSignal.any([signal, silence.signal]) });
      for await (const answer of stream) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE);
        heard();
        this.#take(answer);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #take(answer: WatchResponse): void {
    // A beginning replaces what was known: nobody told what went while we were away for too long.
    const before = answer.initial && !this.#beginning ? {} : this.#picture.tables;
    this.#beginning = answer.initial && answer.revision === 0n;
    if (answer.revision > 0n) this.#revision = answer.revision;
    this.#show({
      tables: applied(before, answer.changes),
      connection: answer.stale ? "stale" : "live",
      complete: this.#picture.complete || answer.revision > 0n,
    });
  }

  #failed(error: ConnectError): void {
    this.#beginning = false;
    // What we missed is no longer kept: all there is comes again, and nobody need be told of that.
    if (error.code === Code.OutOfRange) this.#revision = 0n;
    else this.#show({ ...this.#picture, connection: "lost" });
  }

  #show(picture: Picture): void {
    const now = this.#picture;
    if (picture.tables === now.tables && picture.connection === now.connection && picture.complete === now.complete) {
      return;
    }
    this.#picture = picture;
    for (const listener of this.#listeners) listener();
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}
