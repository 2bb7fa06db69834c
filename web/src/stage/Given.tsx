// What an attempt was given to run with: its command and what it asked of a node. It was frozen when it was made.

import type { Duration } from "@bufbuild/protobuf/wkt";
import { Code, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Confirmation, Network, type StageDefinition, WorkspaceMode } from "../api/winslow/v1/pipeline_pb.ts";
import { GpuVendor, type Resources } from "../api/winslow/v1/resources_pb.ts";
import { duration, size } from "../parts/words.ts";
import classes from "./stage.module.css";

const WORKSPACES: Record<WorkspaceMode, string> = {
  [WorkspaceMode.UNSPECIFIED]: "a copy of its parent's",
  [WorkspaceMode.COPY]: "a copy of its parent's",
  [WorkspaceMode.EMPTY]: "empty at first",
  [WorkspaceMode.CONTINUE]: "its parent's own, changed in place",
  [WorkspaceMode.LAYERED]: "its parent's, of which only changes are kept",
};
const NETWORKS: Record<Network, string> = {
  [Network.UNSPECIFIED]: "none",
  [Network.NONE]: "none",
  [Network.BRIDGE]: "bridge",
  [Network.HOST]: "its node's own",
};
const CONFIRMED: Partial<Record<Confirmation, string>> = {
  [Confirmation.ONCE]: "once in the project",
  [Confirmation.ALWAYS]: "before each attempt",
};

export function Given({ definition }: { definition: StageDefinition | undefined }) {
  if (!definition) return <Text size="sm">Its definition is not known.</Text>;
  const { resources, timeout, retry, network, user, workspace, userInput, logParsers } = definition;
  const asked = userInput ? CONFIRMED[userInput.confirmation] : undefined;
  const rows: [string, ReactNode][] = [
    ["Image", <Code key="image">{definition.image}</Code>],
    [
      "Arguments",
      definition.arguments.length ? <Arguments key="arguments" values={definition.arguments} /> : "as its image says",
    ],
    ...asksOf(resources),
    ["Workspace", WORKSPACES[workspace]],
    ["Network", NETWORKS[network]],
    ["User", user || null],
    ["Timeout", seconds(timeout) ? duration(seconds(timeout)) : null],
    ["Tried", retry?.attempts && retry.attempts > 1 ? `up to ${retry.attempts} times` : null],
    ["Confirmed", asked ?? null],
    ["Asks for", userInput?.variables.length ? userInput.variables.join(", ") : null],
    ["Log parsers", logParsers.length ? logParsers.map(({ name }) => name).join(", ") : null],
  ];
  return (
    <dl className={classes.facts}>
      {rows
        .filter(([, value]) => value !== null)
        .map(([word, value]) => (
          <div key={word} className={classes.fact}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Each on a line of its own, as it is: none of them meets a shell. */
function Arguments({ values }: { values: readonly string[] }) {
  return (
    <Code block mah={200} tabIndex={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
      {values.join("\n")}
    </Code>
  );
}

function asksOf(resources: Resources | undefined): [string, string | null][] {
  const { cpus, memory = 0n, sharedMemory = 0n, gpus, tags = [] } = resources ?? {};
  const vendor = gpus?.vendor === GpuVendor.NVIDIA ? " NVIDIA" : gpus?.vendor === GpuVendor.AMD ? " AMD" : "";
  const each = gpus?.memory ? `, each with ${size(gpus.memory)}` : "";
  return [
    ["CPUs", String(cpus ?? 1)],
    ["Memory", memory ? size(memory) : "no limit"],
    ["Shared memory", sharedMemory ? size(sharedMemory) : null],
    ["GPUs", gpus?.count ? `${gpus.count}${vendor}${each}` : null],
    ["Node's tags", tags.length ? tags.join(", ") : null],
  ];
}

const seconds = (length: Duration | undefined) => (length ? Number(length.seconds) : 0);
