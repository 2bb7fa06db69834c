// @vitest-environment happy-dom

import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { type Node, NodeSchema, NodeState } from "../../api/winslow/v1/node_pb.ts";
import { type DrainNodeRequest, NodeService, type RemoveNodeRequest } from "../../api/winslow/v1/node_service_pb.ts";
import { Rpc } from "../../rpc/Rpc.tsx";
import type { Services } from "../../rpc/services.ts";
import { type Asked, NodeDialog, outcome } from "./NodeDialog.tsx";

afterEach(cleanup);

const node = (id: string, state = NodeState.READY, stages = 0): Node =>
  create(NodeSchema, {
    name: `nodes/${id}`,
    state,
    stages: Array.from({ length: stages }, (_, index) => `projects/p/stages/s${index}`),
    policy: { name: `nodes/${id}`, revision: 7n },
  });

function shown(asked: Asked, nodes: Node[], refused = "") {
  const drained: DrainNodeRequest[] = [];
  const removed: RemoveNodeRequest[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(NodeService, {
      drainNode: (request) => {
        if (request.name === refused) throw new ConnectError("somebody else changed it", Code.Aborted);
        drained.push(request);
        return node("any");
      },
      removeNode: (request) => {
        removed.push(request);
        return {};
      },
    });
  });
  const services = { nodes: createClient(NodeService, transport) } as unknown as Services;
  const onClose = vi.fn();
  render(
    <MantineProvider env="test">
      <Rpc services={services}>
        <NodeDialog nodes={nodes} asked={asked} onClose={onClose} />
      </Rpc>
    </MantineProvider>,
  );
  return { drained, removed, onClose };
}

test("a drain says for how long and why, against the policy that was seen, of each node by itself", async () => {
  const { drained, onClose } = shown("drain", [node("a", NodeState.READY, 2), node("b")]);
  const within = screen.getByLabelText(/They may go on for/, { selector: "input" });
  await userEvent.clear(within);
  await userEvent.type(within, "1h 30m");
  await userEvent.type(screen.getByLabelText(/Reason/), "New disks");
  await userEvent.click(screen.getByRole("button", { name: "Drain" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(
    drained.map(({ name, reason, expectedRevision, within }) => [name, reason, expectedRevision, within?.seconds]),
  ).toEqual([
    ["nodes/a", "New disks", 7n, 5400n],
    ["nodes/b", "New disks", 7n, 5400n],
  ]);
  expect(new Set(drained.map((one) => one.requestId)).size).toBe(2);
});

test("what is no duration drains nothing", async () => {
  const { drained } = shown("drain", [node("a")]);
  const within = screen.getByLabelText(/They may go on for/, { selector: "input" });
  await userEvent.clear(within);
  await userEvent.type(within, "soon");
  expect(screen.getByRole("button", { name: "Drain" }).hasAttribute("disabled")).toBe(true);
  expect(drained).toEqual([]);
});

test("where one node is refused the others are done, and the dialog stays", async () => {
  const { drained, onClose } = shown("drain", [node("a"), node("b")], "nodes/a");
  await userEvent.click(screen.getByRole("button", { name: "Drain" }));
  await waitFor(() => expect(drained.map((one) => one.name)).toEqual(["nodes/b"]));
  expect(onClose).not.toHaveBeenCalled();
});

test("a node whose stages are waited for is removed only once they are given up", async () => {
  const { removed, onClose } = shown("remove", [node("a", NodeState.SUSPECT, 1)]);
  const remove = screen.getByRole("button", { name: "Remove" });
  expect(remove.hasAttribute("disabled")).toBe(true);
  await userEvent.click(screen.getByLabelText(/give its stages up/));
  await userEvent.click(remove);
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(removed.map(({ name, giveUp }) => [name, giveUp])).toEqual([["nodes/a", true]]);
});

test("what will happen is told before it does", () => {
  expect(outcome("drain", [node("a", NodeState.READY, 1)], 1, 3600)).toContain("what still runs after 1 h is aborted");
  expect(outcome("cordon", [node("a")], 0, undefined)).toContain("Nothing runs there now");
});
