// What people do to files: each is a call of its own, said again through cuts, and an error is told with the file it is about.
import { notifications } from "@mantine/notifications";
import { useCallback, useMemo, useRef, useState } from "react";
import type { Problem } from "../rpc/problem.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { above, baseName, joined, shown } from "./paths.ts";
import { useLookAgain } from "./useDirectory.ts";

/** Calls under way at a time. */
const AT_ONCE = 3;

/** Milliseconds between two looks at how far it is. */
const APART = 250;

/** How far something is that is done to many. */
export interface Far {
  done: number;
  all: number;
}

export interface Hands {
  busy: boolean;
  /** While something is done to several. */
  far: Far | undefined;
  /** Begins with no further one of them. */
  stop: () => void;
  makeFolder: (path: string) => Promise<boolean>;
  rename: (path: string, name: string) => Promise<boolean>;
  /** All of `paths` into the directory `into`; how many are there now. */
  move: (paths: readonly string[], into: string) => Promise<number>;
  copy: (paths: readonly string[], into: string) => Promise<number>;
  /** With all that is in them. */
  remove: (paths: readonly string[]) => Promise<number>;
  unpack: (path: string, target: string) => Promise<boolean>;
}

export function useHands(): Hands {
  const { files } = useServices();
  const { busy, act } = useAct();
  const lookAgain = useLookAgain();
  const [far, setFar] = useState<Far>();
  const stopped = useRef(false);
  const stop = useCallback(() => {
    stopped.current = true;
  }, []);

  const each = useCallback(
    async (paths: readonly string[], what: string, call: (path: string, requestId: string) => Promise<unknown>) => {
      const problems: [string, Problem][] = [];
      let [next, done, drawn] = [0, 0, 0];
      stopped.current = false;
      const work = async () => {
        while (next < paths.length && !stopped.current) {
          const one = paths[next++] ?? "";
          // Of several it is said once, at the end, what went wrong: thousands of notes are none.
          const told = paths.length > 1 ? (problem: Problem) => problems.push([one, problem]) > 0 : undefined;
          const answer = await act(
            `${what} “${shown(baseName(one))}”`,
            (id) => call(one, id).then(() => true),
            "",
            told,
          );
          if (answer) done++;
          if (paths.length > 1 && performance.now() - drawn > APART) {
            drawn = performance.now();
            setFar({ done, all: paths.length });
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      setFar(undefined);
      if (problems.length) notifications.show(summed(what, problems, paths.length));
      lookAgain(...new Set(paths.map(above)));
      return done;
    },
    [act, lookAgain],
  );

  const actions = useMemo(
    () => ({
      makeFolder: async (path: string) =>
        (await each([path], "Make", (path, requestId) => files.makeDirectory({ path, requestId }))) > 0,
      rename: async (path: string, name: string) => {
        const target = joined(above(path), name);
        return (await each([path], "Rename", (source, requestId) => files.moveFile({ source, target, requestId }))) > 0;
      },
      move: async (paths: readonly string[], into: string) => {
        const count = await each(paths, "Move", (source, requestId) =>
          files.moveFile({ source, target: joined(into, baseName(source)), requestId }),
        );
        lookAgain(into);
        return count;
      },
      copy: async (paths: readonly string[], into: string) => {
        const count = await each(paths, "Copy", (source, requestId) =>
          files.copyFile({ source, target: joined(into, baseName(source)), requestId }),
        );
        lookAgain(into);
        return count;
      },
      remove: (paths: readonly string[]) =>
        each(paths, "Delete", (path, requestId) => files.deleteFile({ path, recursive: true, requestId })),
      unpack: async (path: string, target: string) =>
        (await each([path], "Unpack", (path, requestId) => files.unpackArchive({ path, target, requestId }))) > 0,
    }),
    [each, files, lookAgain],
  );
  return { busy, far, stop, ...actions };
}

const NAMED = 3;

/** What went wrong with some of several. */
function summed(what: string, problems: readonly [string, Problem][], all: number) {
  const reasons = [...new Set(problems.map(([, { message, hint }]) => [message, hint].filter(Boolean).join(". ")))];
  const names = problems.slice(0, NAMED).map(([path]) => `“${shown(baseName(path))}”`);
  const rest = problems.length > NAMED ? ` and ${(problems.length - NAMED).toLocaleString()} more` : "";
  return {
    title: `${what}: ${problems.length.toLocaleString()} of ${all.toLocaleString()} not done`,
    message: `${names.join(", ")}${rest}. ${reasons.slice(0, NAMED).join(". ")}`,
    color: "red",
    autoClose: 20_000,
  };
}
