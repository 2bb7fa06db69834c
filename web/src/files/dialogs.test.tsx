// @vitest-environment happy-dom
import { create } from "@bufbuild/protobuf";
import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { FileKind, FileSchema } from "../api/winslow/v1/file_pb.ts";
import { fakeWindow } from "../parts/fakeWindow.ts";
import { Rpc } from "../rpc/Rpc.tsx";
import type { Services } from "../rpc/services.ts";
import { Dialog } from "./dialogs.tsx";
import type { Far, Hands } from "./useHands.ts";

vi.setConfig({ testTimeout: 20_000 });
beforeAll(fakeWindow);
afterEach(cleanup);

const files = ["a", "b"].map((name) =>
  create(FileSchema, { path: `resources/${name}`, baseName: name, kind: FileKind.FILE, writable: true }),
);

function shown(far?: Far) {
  const [stop, close] = [vi.fn(), vi.fn()];
  const hands = { busy: far !== undefined, far, stop } as unknown as Hands;
  render(
    <MantineProvider env="test">
      <Rpc services={{} as Services}>
        <Dialog asking={{ what: "delete", files }} hands={hands} close={close} />
      </Rpc>
    </MantineProvider>,
  );
  return { stop, close, user: userEvent.setup({ delay: null }) };
}

test.each(["key", "cross"])(
  "who leaves a dialog by its %s ends what is done to many there, and sees how far it came",
  async (by) => {
    const { stop, close, user } = shown({ done: 1, all: 2 });
    if (by === "key") await user.keyboard("{Escape}");
    else await user.click(screen.getByRole("button", { name: "Close" }));
    expect([stop.mock.calls.length, close.mock.calls.length]).toEqual([1, 0]);
    expect(screen.getByText("1 of 2")).toBeTruthy();
  },
);

test("a dialog in which nothing was begun closes", async () => {
  const { stop, close, user } = shown();
  await user.keyboard("{Escape}");
  expect([stop.mock.calls.length, close.mock.calls.length]).toEqual([0, 1]);
});
