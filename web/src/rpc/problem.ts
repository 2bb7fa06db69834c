// An error for people: what happened and what to do next; and its stable reason, for us.
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../api/google/rpc/error_details_pb.ts";

export interface Problem {
  message: string;
  hint: string;
  /** Stable, for instance `PROJECT_UNKNOWN`; "" when nobody gave one. */
  reason: string;
  /** What it is about: a resource's name, a definition, a variable; "" when nobody said. */
  subject: string;
  /** What else the server said, for instance the `path` of the field that is wrong. */
  metadata: Readonly<Record<string, string>>;
  retryable: boolean;
}

/** What any failed call has to say. */
export function problemOf(error: unknown): Problem {
  const failed = ConnectError.from(error);
  const info = failed.findDetails(ErrorInfoSchema)[0];
  const away = info === undefined && (failed.code === Code.Unavailable || failed.code === Code.Unknown);
  return {
    message: away ? "The node does not answer" : failed.rawMessage,
    hint: info?.metadata.hint ?? (away ? "This page goes on by itself as soon as it is back" : ""),
    reason: info?.reason ?? "",
    subject: info?.metadata.subject ?? "",
    metadata: info?.metadata ?? {},
    retryable: away || info?.metadata.retryable === "true",
  };
}
