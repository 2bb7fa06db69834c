// A service whose description comes with the first call of it: what all services could be asked would be a tenth of the
// first page, which asks one of them.
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";

type Calls = Record<string, (...arguments_: unknown[]) => unknown>;

/** `streams` are the names of the methods that answer with more than one message. */
export function lazily<Service extends DescService>(
  load: () => Promise<Service>,
  transport: Transport,
  streams: readonly (keyof Client<Service> & string)[] = [],
): Client<Service> {
  let loaded: Promise<Calls> | undefined;
  const client = () => {
    loaded ??= load().then((service) => createClient(service, transport) as unknown as Calls);
    loaded.catch(() => {
      loaded = undefined; // the next call tries again
    });
    return loaded;
  };
  const unary =
    (name: string) =>
    async (...asked: unknown[]) =>
      (await client())[name]?.(...asked);
  const stream = (name: string) =>
    async function* (...asked: unknown[]) {
      yield* (await client())[name]?.(...asked) as AsyncIterable<unknown>;
    };
  const calls = new Map<string, unknown>();
  return new Proxy({} as Client<Service>, {
    get(_, name) {
      if (typeof name !== "string" || name === "then") return undefined;
      const known = calls.get(name) ?? ((streams as readonly string[]).includes(name) ? stream(name) : unary(name));
      calls.set(name, known);
      return known;
    },
  });
}
