import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fetched } from "./fetching.ts";

const unfetched = () => new TypeError("Failed to fetch dynamically imported module: http://here/Views.js");
const asked = vi.fn<() => Promise<{ ok: boolean }>>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", asked);
});
afterEach(() => {
  asked.mockReset();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a part that a node which is away cannot give comes when it is back, and is asked for no sooner", async () => {
  const load = vi.fn().mockRejectedValueOnce(unfetched()).mockResolvedValue("the part");
  asked.mockRejectedValueOnce(new TypeError("no connection")).mockResolvedValueOnce({ ok: false });
  let came: unknown;
  void fetched(load).then((part) => {
    came = part;
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveBeenCalledTimes(2);
  expect(load).toHaveBeenCalledTimes(1);
  asked.mockResolvedValue({ ok: true });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(came).toBe("the part");
});

test("a part is waited for through as many outages as there are", async () => {
  const load = vi.fn().mockResolvedValue("the part");
  for (let outage = 0; outage < 3; outage++) {
    load.mockRejectedValueOnce(unfetched());
    asked.mockRejectedValueOnce(new TypeError("no connection")).mockResolvedValueOnce({ ok: true });
  }
  const came = fetched(load);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await came).toBe("the part");
});

test("a part that a node which answers does not have is an error", async () => {
  const load = vi.fn().mockImplementation(() => Promise.reject(unfetched()));
  asked.mockResolvedValue({ ok: true });
  await expect(fetched(load)).rejects.toThrow("dynamically imported");
  expect(load).toHaveBeenCalledTimes(2);
});

test("what is wrong in a part itself is an error at once, and the node is not asked", async () => {
  await expect(fetched(() => Promise.reject(new SyntaxError("in it")))).rejects.toThrow("in it");
  expect(asked).not.toHaveBeenCalled();
});
