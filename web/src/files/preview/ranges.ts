// Parts of a file, by HTTP ranges: only what is looked at is read. They are of one and the same file, or refused.
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../api/google/rpc/error_details_pb.ts";
import { fileAddress } from "../../parts/names.ts";

export interface Source {
  path: string;
  /** Bytes. */
  size: number;
  etag: string;
  /** Whether it may grow, as a log does while its stage runs: then another etag is no other file. */
  grows?: boolean;
}

/** The bytes from `start` up to and without `end`, fewer where the file is shorter. Throws what a call would. */
export async function bytesOf(source: Source, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
  const last = Math.min(end, source.size) - 1;
  if (last < start) return new Uint8Array();
  const headers: Record<string, string> = { Range: `bytes=${start}-${last}` };
  if (!source.grows) headers["If-Match"] = `"${source.etag}"`;
  const answer = await fetch(fileAddress(source.path), { headers, cache: "no-store", signal: signal ?? null });
  if (!answer.ok) throw await failureOf(answer);
  return new Uint8Array(await answer.arrayBuffer());
}

interface Told {
  code?: string;
  reason?: string;
  message?: string;
  hint?: string;
}

/** What an answer over HTTP says went wrong, as a failed call says it. */
export async function failureOf(answer: Response): Promise<ConnectError> {
  const told = (await answer.json().catch(() => ({}))) as Told;
  return failure(answer.status, told);
}

export function failure(status: number, told: Told): ConnectError {
  const retryable = status === 503 || status === 502 || status === 504;
  const code = retryable ? Code.Unavailable : status === 404 ? Code.NotFound : Code.FailedPrecondition;
  const metadata = { hint: told.hint ?? "", retryable: String(retryable) };
  const info = { reason: told.reason ?? "", domain: "winslow", metadata };
  return new ConnectError(told.message ?? `The node answered with ${status}`, code, undefined, [
    { desc: ErrorInfoSchema, value: info },
  ]);
}
