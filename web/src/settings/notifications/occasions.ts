// Of what people are told, in words; and whether a subscription makes sense before it is sent.
import { Occasion, type Subscription } from "../../api/winslow/v1/subscription_pb.ts";

export const OCCASIONS: readonly { occasion: Occasion; word: string; about: string }[] = [
  { occasion: Occasion.AWAITING_INPUT, word: "Somebody is waited for", about: "a gate opens: confirm, or fill in" },
  { occasion: Occasion.FAILED, word: "A project fails", about: "nothing moves in it until somebody acts" },
  { occasion: Occasion.SUCCEEDED, word: "A project is done", about: "all of its run has succeeded" },
  { occasion: Occasion.NODE_LOST, word: "A node is lost", about: "silent for a minute, and not cordoned" },
  { occasion: Occasion.STORAGE_WARNING, word: "Storage warns", about: "full, slow, or not what it should be" },
];

/** Of these somebody is told whatever projects they narrowed it to. */
export const NOT_OF_PROJECTS: readonly Occasion[] = [Occasion.NODE_LOST, Occasion.STORAGE_WARNING];

export const wordOf = (occasion: Occasion): string =>
  OCCASIONS.find((one) => one.occasion === occasion)?.word ?? "Something newer than this page";

export interface Draft {
  place: "url" | "email";
  url: string;
  email: string;
  secret: string;
  /** The secret that it has is to go. */
  unsigned: boolean;
  occasions: Occasion[];
  /** `projects/P`, or "" for all. */
  project: string;
  tags: string[];
}

export const FRESH: Draft = {
  place: "url",
  url: "",
  email: "",
  secret: "",
  unsigned: false,
  occasions: [Occasion.AWAITING_INPUT, Occasion.FAILED],
  project: "",
  tags: [],
};

/** What is wrong with a draft, by field. The server has the last word. */
export function faultsOf(draft: Draft): Partial<Record<"url" | "email" | "secret" | "occasions", string>> {
  const faults: ReturnType<typeof faultsOf> = {};
  if (draft.place === "url") {
    const fault = faultOfUrl(draft.url.trim());
    if (fault) faults.url = fault;
    if (draft.secret && draft.secret.length < 16) faults.secret = "At least 16 characters";
    if (/[^!-~]/.test(draft.secret)) faults.secret = "ASCII characters without spaces";
  } else if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(draft.email.trim())) faults.email = "One address, NAME@HOST";
  if (draft.occasions.length === 0) faults.occasions = "Say of what to tell";
  return faults;
}

function faultOfUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return "Write https://HOST/PATH";
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return "It must begin with http:// or https://";
  if (url.username || url.password) return "No login in it: everybody could read that";
  return url.hash ? "Leave out what stands behind #" : undefined;
}

/** A secret that nobody guesses: 32 letters and digits. */
export function newSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The message that creates a subscription. */
export function subscriptionOf(draft: Draft) {
  return {
    occasions: draft.occasions,
    project: draft.project,
    tags: draft.tags,
    ...(draft.place === "url" ? { url: draft.url.trim(), secret: draft.secret } : { email: draft.email.trim() }),
  };
}

/** What there is, to be changed; its secret is never told. */
export function draftOf({ url, email, occasions, project, tags }: Subscription): Draft {
  return { ...FRESH, place: url ? "url" : "email", url, email, occasions: [...occasions], project, tags: [...tags] };
}

type Path = "url" | "email" | "secret" | "occasions" | "project" | "tags";

/** What `draft` makes of what there is: all of it, and which fields differ. What others change meanwhile of the rest stays. */
export function changesOf(before: Subscription, draft: Draft) {
  const hooked = draft.place === "url";
  const after = {
    url: hooked ? draft.url.trim() : "",
    email: hooked ? "" : draft.email.trim(),
    secret: hooked && !draft.unsigned ? draft.secret : "",
    occasions: draft.occasions,
    project: draft.project,
    tags: draft.tags,
  };
  const differs: Record<Path, boolean> = {
    url: after.url !== before.url,
    email: after.email !== before.email,
    secret: after.secret !== "" || (before.signed && (draft.unsigned || !hooked)),
    occasions: !sameSet(after.occasions, before.occasions),
    project: after.project !== before.project,
    tags: !sameSet(after.tags, before.tags),
  };
  const paths = (Object.keys(differs) as Path[]).filter((path) => differs[path]);
  return { subscription: { name: before.name, ...after }, paths };
}

const sameSet = <Value>(one: readonly Value[], other: readonly Value[]) =>
  one.length === other.length && one.every((value) => other.includes(value));
