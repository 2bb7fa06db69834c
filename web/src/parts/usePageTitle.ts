// What the browser calls the page, in its tabs and its history: how many projects wait for a person comes first.
import { useEffect } from "react";

let called = "Winslow";
let waiting = 0;

function show(): void {
  document.title = waiting ? `(${waiting}) ${called}` : called;
}

export function usePageTitle(...words: (string | undefined)[]): void {
  const title = [...words.filter(Boolean), "Winslow"].join(" · ");
  useEffect(() => {
    called = title;
    show();
  }, [title]);
}

/** How many projects wait for a person. */
export function setWaiting(count: number): void {
  waiting = count;
  show();
}
