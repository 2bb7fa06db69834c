import { expect, test } from "vitest";
import type { Snapshot, UploadShown } from "../files/uploads.ts";
import { told } from "./transfers.ts";

const upload = (state: UploadShown["state"]): UploadShown => ({
  id: state,
  path: "projects/p/input/a",
  size: 100,
  sent: 50,
  state,
  why: "",
  found: false,
  verified: 0,
});
const shown = (states: UploadShown["state"][], more: Partial<Snapshot["totals"]> = {}, busy = true): Snapshot => ({
  uploads: states.map(upload),
  asked: [],
  busy,
  totals: { files: states.length, ended: 0, failed: 0, size: 1000, sent: 505, speed: 10, left: 90, ...more },
});

test("without uploads nothing is said", () => {
  expect(told(shown([]))).toBe(undefined);
});

test("what goes on says how far it is and how long it takes", () => {
  expect(told(shown(["sending"]))).toMatchObject({ percent: 50, trouble: false, over: false });
  expect(told(shown(["sending"]))?.said).toBe("Uploading: 505 B of 1000 B (50 %), 1 min 30 s left");
});

test("what all arrived says so", () => {
  expect(told(shown(["done"], { ended: 1, sent: 1000 }))).toMatchObject({ over: true, said: "Uploaded: 1 file" });
});

test.each([
  [shown(["failed", "sending"], { failed: 1 }), "1 failed"],
  [shown(["lost"], {}, false), "Go on with uploads"],
  [shown(["paused"], {}, false), "Uploads paused"],
  [{ ...shown(["asks"]), asked: [upload("asks")] }, "Uploads ask"],
])("where somebody has to look it says why", (snapshot, word) => {
  expect(told(snapshot)).toMatchObject({ trouble: true, word });
});
