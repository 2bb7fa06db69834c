// What a person does, once: it goes on through cuts with one request ID, and what went wrong is said with what to do next.
import { notifications } from "@mantine/notifications";
import { useCallback, useState } from "react";
import { type Problem, problemOf } from "./problem.ts";

const TRIES = 4;
const PAUSE = 400;

/** An ID for one request; `crypto.randomUUID` is not there for pages that came in clear. */
export function requestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface Acting {
  /** Whether something is under way. */
  busy: boolean;
  /**
   * Calls `call` with a request ID, again with the same one where no answer came; undefined when it failed, which the
   * person has been told then. `done` is said when it worked; without, what they see must say so. `told` is asked first what
   * went wrong: when it answers true it has said it where it can be mended, and it is not said again.
   */
  act<Answer>(
    what: string,
    call: (requestId: string) => Promise<Answer>,
    done?: string,
    told?: (problem: Problem) => boolean,
  ): Promise<Answer | undefined>;
}

export function useAct(): Acting {
  const [under, setUnder] = useState(0);
  const act = useCallback<Acting["act"]>(async (what, call, done, told) => {
    setUnder((count) => count + 1);
    try {
      const answer = await persistently(call);
      if (done) notifications.show({ message: done, color: "teal", autoClose: 3000 });
      return answer;
    } catch (error) {
      const problem = problemOf(error);
      if (told?.(problem)) return undefined;
      const { message, hint } = problem;
      notifications.show({
        title: `${what}: not done`,
        message: [message, hint].filter(Boolean).join(". "),
        color: "red",
        autoClose: 12_000,
      });
      return undefined;
    } finally {
      setUnder((count) => count - 1);
    }
  }, []);
  return { busy: under > 0, act };
}

/** Calls `call` until an answer comes, with one request ID; throws what is not worth another try. */
export async function persistently<Answer>(call: (requestId: string) => Promise<Answer>): Promise<Answer> {
  const id = requestId();
  for (let tried = 1; ; tried++) {
    try {
      return await call(id);
    } catch (error) {
      if (tried >= TRIES || !isWorthAnotherTry(error)) throw error;
      await new Promise((done) => setTimeout(done, PAUSE * 2 ** tried));
    }
  }
}

/** What somebody else changed is not as it was asked for, however often it is asked. */
function isWorthAnotherTry(error: unknown): boolean {
  const { retryable, reason } = problemOf(error);
  return retryable && reason !== "REVISION_MISMATCH";
}
