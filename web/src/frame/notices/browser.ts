// What the browser lets a page tell its user, and how it is told.
import type { News } from "./news.ts";

/** `unable`: this browser, or a page that came in clear from another machine, cannot tell at all. */
export type Permission = "unable" | "unasked" | "granted" | "denied";

export function permission(): Permission {
  if (!("Notification" in window) || !window.isSecureContext) return "unable";
  return Notification.permission === "default" ? "unasked" : Notification.permission;
}

/** Asks the user; only to be called by what they click. */
export async function askPermission(): Promise<Permission> {
  if (permission() === "unable") return "unable";
  await Notification.requestPermission();
  return permission();
}

/** Shows it; whether that worked. `onClick` brings the user to it. */
export function show(news: News, onClick: (path: string) => void): boolean {
  try {
    const shown = new Notification(news.title, { body: news.body, tag: news.key, icon: "/favicon.svg" });
    shown.addEventListener("click", () => {
      window.focus();
      onClick(news.path);
      shown.close();
    });
    return true;
  } catch {
    return false; // some phones' browsers have the word and not the thing
  }
}
