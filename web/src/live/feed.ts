// One stream of everything that a page shows, taken up again where it was cut. It knows neither React nor a page.
import { Code, ConnectError } from "@connectrpc/connect";
import { ResourceKind } from "../api/winslow/v1/event_pb.ts";
import type { WatchResponse } from "../api/winslow/v1/event_service_pb.ts";
import type { Services } from "../rpc/services.ts";
import { Interests } from "./interests.ts";
import { applied, type Tables, without } from "./tables.ts";

/**
 * `lost`: the node does not answer. `stale`: it answers and has lost its etcd, so that what it says may be old.
 * `asleep`: nobody looks, so nobody is asked.
 */
export type Connection = "connecting" | "live" | "stale" | "lost" | "asleep";

export interface Picture {
  tables: Tables;
  connection: Connection;
  /** Whether all there was at the beginning has come. */
  complete: boolean;
  /** The projects of which runs, sweeps, stages and comments are told, and all there was has come. */
  detailed: ReadonlySet<string>;
}

/** What is told of everything, and what only of the projects that are looked at. */
const ALWAYS = [
  ResourceKind.PROJECT,
  ResourceKind.NODE,
  ResourceKind.PIPELINE,
  ResourceKind.VIEW,
  ResourceKind.SUBSCRIPTION,
  ResourceKind.GLOBAL_ENVIRONMENT,
];
const IN_DETAIL = [ResourceKind.RUN, ResourceKind.SWEEP, ResourceKind.STAGE, ResourceKind.COMMENT];

/** A node says something each 5 s; after this many milliseconds without, it does not. */
export const SILENCE = 12_000;
/** Milliseconds between two drawings of a beginning that comes in pieces; its first is drawn at once. */
const PIECES = 100;
const PATIENCE = { first: 250, most: 5_000 };

export class Feed {
  #picture: Picture = { tables: {}, connection: "connecting", complete: false, detailed: new Set() };
  #revision = 0n;
  #beginning = false;
  #asked: { details: readonly string[]; readings: readonly string[]; fresh: readonly string[] } = NOTHING_ASKED;
  #listeners = new Set<() => void>();
  #later: ReturnType<typeof setTimeout> | undefined;
  #stream = new AbortController();
  #awake = true;
  #wake = () => {};
  readonly #events: Services["events"];
  /** What pages want beside what everybody sees: details of projects, readings of nodes and stages. */
  readonly interests: Interests;

  constructor(events: Services["events"]) {
    this.#events = events;
    this.interests = new Interests(() => this.#stream.abort(ASKED_ANEW));
  }

  /** What is known now; the same object as long as nothing changed. */
  readonly picture = (): Picture => this.#picture;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** While nobody looks the stream is let go, since a browser has few connections; what was seen is kept. */
  sleep(): void {
    this.#awake = false;
    this.#stream.abort(ASKED_ANEW);
  }

  awake(): void {
    this.#awake = true;
    this.#wake();
  }

  /** Goes on until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = PATIENCE.first;
    const heard = () => {
      pause = PATIENCE.first;
    };
    signal.addEventListener("abort", () => this.#stream.abort());
    while (!signal.aborted) {
      if (!this.#awake) await this.#slept();
      this.#stream = new AbortController();
      try {
        await this.#watch(this.#stream.signal, heard);
      } catch (error) {
        if (signal.aborted) return;
        if (this.#stream.signal.reason === ASKED_ANEW) continue;
        this.#failed(ConnectError.from(error));
      }
      await sleep(pause * (0.5 + Math.random()), signal);
      pause = Math.min(2 * pause, PATIENCE.most);
    }
  }

  async #slept(): Promise<void> {
    this.#show({ ...this.#picture, connection: "asleep" });
    await new Promise<void>((done) => {
      this.#wake = done;
      if (this.#awake) done();
    });
    this.#show({ ...this.#picture, connection: "connecting" });
  }

  async #watch(signal: AbortSignal, heard: () => void): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE);
    try {
      const stream = this.#events.watch(this.#wanted(), { signal: AbortSignal.any([signal, silence.signal]) });
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

  /** Asks for what pages want now; of projects that were not told of in detail before, all there is comes first. */
  #wanted() {
    const { details, readings } = this.interests.now();
    const left = [...this.#picture.detailed].filter((project) => !details.includes(project));
    const tables = without(this.#picture.tables, left);
    const known = this.#revision > 0n ? this.#picture.detailed : new Set<string>();
    const fresh = details.filter((project) => !known.has(project));
    this.#asked = { details, readings, fresh };
    const detailed = new Set(details.filter((project) => known.has(project)));
    this.#show({ ...this.#picture, tables: without(tables, fresh), detailed });
    return {
      revision: this.#revision,
      kinds: [...ALWAYS, ...(details.length ? IN_DETAIL : []), ...(readings.length ? [ResourceKind.READING] : [])],
      detailsOf: [...details],
      readingsOf: [...readings],
      fresh: this.#revision > 0n ? fresh : [],
      brief: true,
    };
  }

  #take(answer: WatchResponse): void {
    // A beginning replaces what was known: nobody told what went while we were away for too long.
    const anew = answer.initial && !this.#beginning && this.#revision === 0n;
    const before = anew ? {} : this.#picture.tables;
    this.#beginning = answer.initial && answer.revision === 0n;
    if (answer.revision > 0n) this.#revision = answer.revision;
    const complete = this.#picture.complete || answer.revision > 0n;
    const whole = answer.revision > 0n || !answer.initial;
    const picture: Picture = {
      tables: applied(before, answer.changes),
      connection: answer.stale ? "stale" : "live",
      complete,
      detailed: whole && this.#asked.fresh.length ? new Set(this.#asked.details) : this.#picture.detailed,
    };
    this.#show(picture, !anew && this.#beginning);
    if (whole) this.#asked = { ...this.#asked, fresh: [] };
  }

  #failed(error: ConnectError): void {
    this.#beginning = false;
    // What we missed is no longer kept: all there is comes again, and nobody need be told of that.
    if (error.code === Code.OutOfRange) this.#revision = 0n;
    else this.#show({ ...this.#picture, connection: "lost" });
  }

  /** `patiently`: there is more to come at once, and to draw the page for each piece of it would take longer than all of it. */
  #show(picture: Picture, patiently = false): void {
    const now = this.#picture;
    if (
      picture.tables === now.tables &&
      picture.connection === now.connection &&
      picture.complete === now.complete &&
      same(picture.detailed, now.detailed)
    ) {
      return;
    }
    this.#picture = picture;
    if (patiently) this.#later ??= setTimeout(() => this.#tell(), PIECES);
    else this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    for (const listener of this.#listeners) listener();
  }
}

const ASKED_ANEW = "what is asked for has changed";
const NOTHING_ASKED = { details: [], readings: [], fresh: [] };

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((each) => other.has(each));
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
