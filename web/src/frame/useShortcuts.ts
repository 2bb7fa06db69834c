// The keys of every page, listened to once.
import { useEffect, useRef } from "react";
import { isTaken, type Meanings, Shortcuts } from "./shortcuts.ts";

export function useShortcuts(meanings: Meanings): void {
  const now = useRef(meanings);
  now.current = meanings;
  useEffect(() => {
    const shortcuts = new Shortcuts();
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.repeat) return;
      const { key, altKey: alt, target } = event;
      const command = event.ctrlKey || event.metaKey;
      if (shortcuts.press({ key, command, alt, taken: isTaken(target) }, now.current, event.timeStamp)) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
