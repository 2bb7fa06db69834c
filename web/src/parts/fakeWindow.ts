// What components ask of a window and happy-dom has not: for tests.
import { vi } from "vitest";

/** A wide window that never changes its size, whose user has said nothing about motion or colours. */
export function fakeWindow(): void {
  vi.stubGlobal("matchMedia", (media: string) => ({
    matches: false,
    media,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
}
