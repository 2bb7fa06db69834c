// What becomes of an upload when something goes wrong: it goes on by itself, or a person must know. Pure.
import { fromBinary } from "@bufbuild/protobuf";
import { ErrorInfoSchema } from "../../api/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../api/google/rpc/status_pb.ts";
import { problemOf } from "../../rpc/problem.ts";

export interface Trouble {
  /** What happened, for people. */
  why: string;
  /** Stable; "" when nobody gave one. */
  reason: string;
  /** Whether it goes on by itself. */
  passes: boolean;
}

interface OverHttp {
  originalResponse: { getStatus(): number; getBody(): string } | null;
}

const AWAY: Trouble = { why: "The node does not answer", reason: "", passes: true };
/** Room that is not there now may be there later. */
const FULL = new Set(["DISK_FULL", "QUOTA_EXCEEDED"]);

/** Of what tus-js-client or a call threw. */
export function troubleOf(error: unknown): Trouble {
  if (isOverHttp(error)) {
    if (!error.originalResponse) return AWAY;
    return answered(error.originalResponse.getStatus(), error.originalResponse.getBody());
  }
  const { message, hint, reason, retryable } = problemOf(error);
  return { why: said(message, hint), reason, passes: retryable || FULL.has(reason) };
}

function answered(status: number, body: string): Trouble {
  const { message = "", hint = "", reason = "" } = told(body);
  const passes = FULL.has(reason) || reason === "OFFSET_MISMATCH" || status === 423 || status >= 502;
  return { why: said(message || `The node answered with ${status}`, hint), reason, passes };
}

function told(body: string): { message?: string; hint?: string; reason?: string } {
  try {
    return JSON.parse(body) as object;
  } catch {
    return {};
  }
}

/** Of `FileOutcome.error`. */
export function outcomeTrouble(error: Uint8Array): Trouble {
  const status = fromBinary(StatusSchema, error);
  const any = status.details.find(({ typeUrl }) => typeUrl.endsWith(`/${ErrorInfoSchema.typeName}`));
  const info = any ? fromBinary(ErrorInfoSchema, any.value) : undefined;
  const reason = info?.reason ?? "";
  const passes = info?.metadata.retryable === "true" || FULL.has(reason);
  return { why: said(status.message, info?.metadata.hint ?? ""), reason, passes };
}

const said = (message: string, hint: string) => [message, hint].filter(Boolean).join(". ");

function isOverHttp(error: unknown): error is OverHttp {
  return typeof error === "object" && error !== null && "originalResponse" in error;
}

const FIRST = 500;
const MOST = 15_000;

/** Milliseconds to rest before the try that follows `failed` ones in a row. */
export const pauseAfter = (failed: number): number => Math.min(MOST, FIRST * 2 ** Math.min(failed, 10));
