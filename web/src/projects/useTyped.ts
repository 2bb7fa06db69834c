// What is typed is seen at once, looked for as soon as there is time, and in the address once the typing pauses.
import { startTransition, useEffect, useRef, useState } from "react";

const PAUSE = 250;

interface Asked {
  /** What the address says. */
  said: string;
  /** The same functions each time: looks for it, and puts it into the address. */
  want: (text: string) => void;
  tell: (text: string) => void;
}

export function useTyped({ said, want, tell }: Asked): [string, (text: string) => void] {
  const [text, setText] = useState(said);
  const told = useRef<string | undefined>(said);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (said === told.current) return;
    // Somebody went back, or followed a link.
    told.current = said;
    clearTimeout(timer.current);
    setText(said);
    want(said);
  }, [said, want]);
  // Who leaves before it is in the address finds what the address says when they come back.
  useEffect(() => {
    return () => {
      if (timer.current !== undefined) told.current = undefined;
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, []);
  const type = (next: string) => {
    setText(next);
    startTransition(() => want(next));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      told.current = next;
      tell(next);
    }, PAUSE);
  };
  return [text, type];
}
