// What a screen reader is told of a log that grows: how much came, now and then, and not each line.
import { useEffect, useRef, useState } from "react";
import type { Picture } from "./log.ts";

const EVERY = 10_000;

export function useWords(picture: Picture): string {
  const [words, say] = useState("");
  const now = useRef(picture);
  now.current = picture;
  useEffect(() => {
    let told = now.current.size;
    const timer = setInterval(() => {
      const { size, following } = now.current;
      if (size !== told) say(following === "ended" ? "The log has ended" : "New lines came");
      told = size;
    }, EVERY);
    return () => clearInterval(timer);
  }, []);
  return words;
}
