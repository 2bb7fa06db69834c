// @vitest-environment happy-dom

import { create } from "@bufbuild/protobuf";
import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { ResourceKind } from "../api/winslow/v1/event_pb.ts";
import { WatchResponseSchema } from "../api/winslow/v1/event_service_pb.ts";
import { NodeSchema, NodeState } from "../api/winslow/v1/node_pb.ts";
import { StageDefinitionSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { Live } from "../live/Live.tsx";
import { fakeWindow } from "../parts/fakeWindow.ts";
import { Rpc } from "../rpc/Rpc.tsx";
import type { Services } from "../rpc/services.ts";
import { changed, NO_CHANGES, type StageDraft } from "./draft.ts";
import type { Fault } from "./faults.ts";
import { NOTHING_SUBMITTED, presetOf } from "./layers.ts";
import { StageForm } from "./StageForm.tsx";

const GIB = 1n << 30n;
const preset = presetOf(
  create(StageDefinitionSchema, {
    name: "look",
    image: "tool:1",
    arguments: ["look", "--all"],
    environment: { SENSITIVITY: "50" },
    userInput: { variables: ["THRESHOLD"] },
    resources: { cpus: 1 },
  }),
  { global: { ZONE: "a" }, pipeline: {} },
  NOTHING_SUBMITTED,
);

vi.setConfig({ testTimeout: 20_000 });

beforeAll(fakeWindow);
afterEach(cleanup);

/** A cluster of one node that has 4 GiB of its 8 free. */
const services = {
  events: {
    watch: async function* () {
      const capacity = { cpus: 8, memory: 8n * GIB };
      const node = create(NodeSchema, {
        name: "nodes/small",
        state: NodeState.READY,
        capacity,
        free: { cpus: 8, memory: 4n * GIB },
      });
      const change = { kind: ResourceKind.NODE, name: node.name, revision: 1n };
      yield create(WatchResponseSchema, {
        revision: 1n,
        initial: true,
        changes: [{ ...change, resource: { case: "node", value: node } }],
      });
      await new Promise(() => undefined);
    },
  },
} as unknown as Services;

function shown(more: { fault?: Fault; sweeps?: boolean; strict?: boolean; releases?: boolean } = {}, of = preset) {
  const drafts: StageDraft[] = [];
  function Form() {
    const [draft, setDraft] = useState(NO_CHANGES);
    drafts.push(draft);
    return <StageForm preset={of} draft={draft} onChange={(one) => setDraft((now) => changed(now, one))} {...more} />;
  }
  render(
    <MantineProvider env="test">
      <Rpc services={services}>
        <Live>
          <Form />
        </Live>
      </Rpc>
    </MantineProvider>,
  );
  return { user: userEvent.setup({ delay: null }), draft: () => drafts.at(-1) as StageDraft };
}
const field = (name: string) => screen.getByRole<HTMLInputElement>("textbox", { name });

test("each variable shows its value and the layer it comes from", () => {
  shown();
  expect(field("SENSITIVITY").value).toBe("50");
  expect(screen.getByText("stage")).toBeTruthy();
  expect(field("ZONE").value).toBe("a");
  expect(screen.getByText("global")).toBeTruthy();
});

test("a change is marked, and undone by keyboard, after which the field has the focus", async () => {
  const { user, draft } = shown();
  await user.clear(field("SENSITIVITY"));
  await user.type(field("SENSITIVITY"), "75");
  expect(draft().environment).toEqual({ SENSITIVITY: "75" });
  expect(screen.getByText("changed here")).toBeTruthy();
  screen.getByRole("button", { name: "Undo SENSITIVITY" }).focus();
  await user.keyboard("{Enter}");
  expect(draft()).toEqual(NO_CHANGES);
  expect(document.activeElement).toBe(field("SENSITIVITY"));
});

test("what is typed back to what it was is no change", async () => {
  const { user, draft } = shown();
  await user.type(field("SENSITIVITY"), "5");
  await user.type(field("SENSITIVITY"), "{Backspace}");
  expect(draft().environment).toEqual({});
});

test("a variable is added by keyboard alone, and refused where its name cannot be one", async () => {
  const { user, draft } = shown();
  await user.click(screen.getByRole("button", { name: "Add a variable" }));
  await user.keyboard("WINSLOW_RUN{Enter}");
  expect(screen.getByText(/Winslow's own/)).toBeTruthy();
  await user.clear(field("Name of the new variable"));
  await user.keyboard("MIN_AREA{Enter}");
  expect(draft().environment).toEqual({ MIN_AREA: "" });
  await user.type(field("MIN_AREA"), "420");
  expect(draft().environment).toEqual({ MIN_AREA: "420" });
  await user.click(screen.getByRole("button", { name: "Undo MIN_AREA" }));
  expect(screen.queryByRole("textbox", { name: "MIN_AREA" })).toBeNull();
});

test("what is asked for is told to be missing once it was tried", () => {
  shown({ strict: true });
  expect(screen.getByText("It needs a value")).toBeTruthy();
});

test("a variable may take several values where a sweep makes sense, and only there", async () => {
  const { user, draft } = shown({ sweeps: true });
  await user.click(screen.getByRole("button", { name: "Try several values of SENSITIVITY" }));
  await user.type(field("SENSITIVITY"), ",75");
  expect(draft().axes).toEqual({ SENSITIVITY: "50,75" });
  await user.click(screen.getByRole("button", { name: "Undo SENSITIVITY" }));
  expect(draft().axes).toEqual({});
  cleanup();
  shown();
  expect(screen.queryByRole("button", { name: /^Try several/ })).toBeNull();
});

test("what was submitted for an attempt goes back to the layer beneath, and may be had again", async () => {
  const below = { global: { ZONE: "a" }, pipeline: {} };
  const again = presetOf(preset.definition, below, { environment: { SENSITIVITY: "75", ONCE: "x" } });
  const { user, draft } = shown({ releases: true }, again);
  expect(field("SENSITIVITY").value).toBe("75");
  await user.click(screen.getByRole("button", { name: "Let go of what was submitted for SENSITIVITY" }));
  expect(field("SENSITIVITY").value).toBe("50");
  expect(draft().unset).toEqual(["SENSITIVITY"]);
  await user.click(screen.getByRole("button", { name: "Undo SENSITIVITY" }));
  expect(field("SENSITIVITY").value).toBe("75");
  expect(draft()).toEqual(NO_CHANGES);
  await user.click(screen.getByRole("button", { name: "Let go of what was submitted for ONCE" }));
  expect(field("ONCE").value).toBe("");
  expect(screen.queryByRole("button", { name: "Let go of what was submitted for ZONE" })).toBeNull();
});

test("an error of the server stands at its field", () => {
  const fault = { definition: "look", message: "It cannot be", hint: "" };
  shown({ fault: { ...fault, field: "variable", name: "ZONE" } });
  expect(field("ZONE").getAttribute("aria-invalid")).toBe("true");
  cleanup();
  shown({ fault: { ...fault, field: "arguments", name: "1" } });
  expect(field("Argument 2").getAttribute("aria-invalid")).toBe("true");
  expect(field("Argument 1").getAttribute("aria-invalid")).toBeNull();
});

test("arguments are fields of their own, with what a shell would take apart kept together", async () => {
  const { user, draft } = shown();
  await user.click(screen.getByRole("button", { name: /^Arguments/ }));
  await user.type(field("Argument 2"), " 'x y'; rm");
  expect(draft().arguments).toEqual(["look", "--all 'x y'; rm"]);
  await user.click(screen.getByRole("button", { name: "Remove argument 1" }));
  expect(draft().arguments).toEqual(["--all 'x y'; rm"]);
  await user.click(screen.getByRole("button", { name: "Undo arguments" }));
  expect(draft().arguments).toBeUndefined();
});

test("requirements are held against the nodes while they are written", async () => {
  const { user } = shown();
  await user.click(screen.getByRole("button", { name: /^Requirements/ }));
  await user.type(field("Memory"), "6GiB");
  expect(
    await screen.findByText("No node has 6.0 GiB of memory free; small has it in all: it would wait"),
  ).toBeTruthy();
  await user.type(field("Memory"), "x");
  expect(field("Memory").getAttribute("aria-invalid")).toBe("true");
  await user.click(screen.getByRole("button", { name: "Undo requirements" }));
  expect(field("Memory").value).toBe("");
});
