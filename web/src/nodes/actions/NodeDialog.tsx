// Before something is decided about nodes: what will happen, what for, and for how long stages may go on.
import { Autocomplete, Button, Checkbox, Group, Modal, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Node, NodeState } from "../../api/winslow/v1/node_pb.ts";
import { idOf } from "../../parts/names.ts";
import { duration } from "../../parts/words.ts";
import { secondsOf } from "./deadline.ts";
import { type NodeAct, useNodeActs, WORDS } from "./useNodeActs.ts";

export type Asked = "cordon" | "drain" | "limit" | "remove";

interface Props {
  nodes: readonly Node[];
  /** What is to be decided; undefined while nothing is. */
  asked: Asked | undefined;
  onClose: () => void;
  onDone?: (() => void) | undefined;
}

export function NodeDialog({ nodes, asked, onClose, onDone }: Props) {
  return (
    <Modal
      opened={asked !== undefined}
      onClose={onClose}
      title={asked ? `${WORDS[asked]} ${named(nodes)}?` : ""}
      centered
    >
      {asked ? <Form nodes={nodes} asked={asked} onClose={onClose} onDone={onDone} /> : null}
    </Modal>
  );
}

function Form({ nodes, asked, onClose, onDone }: Props & { asked: Asked }) {
  const { busy, decide } = useNodeActs();
  const [reason, setReason] = useState("");
  const [within, setWithin] = useState("1h");
  const [most, setMost] = useState<number | string>(nodes[0]?.policy?.maxStages ?? 0);
  const [giveUp, setGiveUp] = useState(false);
  const stages = nodes.reduce((sum, node) => sum + node.stages.length, 0);
  const seconds = secondsOf(within);
  const wanted = ((): NodeAct | undefined => {
    switch (asked) {
      case "cordon":
        return { kind: "cordon", reason };
      case "drain":
        return seconds === undefined ? undefined : { kind: "drain", seconds, reason };
      case "limit":
        return typeof most === "number" && most >= 0 ? { kind: "limit", most } : undefined;
      case "remove":
        return stages > 0 && !giveUp ? undefined : { kind: "remove", giveUp };
    }
  })();
  const submit = async () => {
    if (!wanted) return;
    const all = await decide(nodes, wanted);
    if (all) {
      onClose();
      onDone?.();
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{outcome(asked, nodes, stages, seconds)}</Text>
        {asked === "drain" ? (
          <Autocomplete
            label="They may go on for"
            description="15m, 8h, 1d 12h; 0s to stop them now"
            openOnFocus={false}
            data={["0s", "15m", "1h", "8h", "1d", "7d"]}
            value={within}
            onChange={setWithin}
            error={seconds === undefined ? "Write minutes, hours or days: 15m, 8h, 1d" : undefined}
            data-autofocus
          />
        ) : null}
        {asked === "cordon" || asked === "drain" ? (
          <TextInput
            label="Reason"
            description="Told to whoever waits"
            placeholder="New disks"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            {...(asked === "cordon" ? { "data-autofocus": true } : {})}
          />
        ) : null}
        {asked === "limit" ? (
          <NumberInput
            label="Stages at a time, at most"
            description="0 for as many as fit"
            min={0}
            max={100_000}
            allowDecimal={false}
            value={most}
            onChange={setMost}
            data-autofocus
          />
        ) : null}
        {asked === "remove" && stages > 0 ? (
          <Checkbox
            label="It will not come back: give its stages up now"
            checked={giveUp}
            onChange={(event) => setGiveUp(event.currentTarget.checked)}
          />
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!wanted} color={asked === "remove" ? "red" : "teal"}>
            {WORDS[asked]}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What will happen. */
export function outcome(asked: Asked, nodes: readonly Node[], stages: number, seconds: number | undefined): string {
  const it = nodes.length === 1 ? "It gets" : "They get";
  const those = stages === 1 ? "The stage that is there" : `The ${stages} stages that are there`;
  switch (asked) {
    case "cordon":
      return `${it} no more stages until somebody uncordons ${nodes.length === 1 ? "it" : "them"}. ${
        stages ? `${those} ${stages === 1 ? "goes" : "go"} on.` : "Nothing runs there now."
      }`;
    case "drain": {
      const until = seconds === undefined ? "" : seconds === 0 ? " now" : ` after ${duration(seconds)}`;
      return `${it} no more stages. ${
        stages
          ? `${those} may end by ${stages === 1 ? "itself" : "themselves"}; what still runs${until} is aborted and tried on another node. That is no attempt that its retries count.`
          : "Nothing runs there now."
      }`;
    }
    case "limit":
      return `${it} no more stages while so many are there. ${stages ? "Those that are there go on." : ""}`;
    case "remove":
      return nodes.some((node) => node.state === NodeState.READY)
        ? "It is up: stop winslowd there first."
        : `What is known about ${nodes.length === 1 ? "it" : "them"} is forgotten${
            stages
              ? `. ${those} ${stages === 1 ? "is" : "are"} waited for; given up, ${stages === 1 ? "it is" : "they are"} lost, and tried again where the pipeline says so`
              : ""
          }. A node that comes back registers anew.`;
  }
}

const named = (nodes: readonly Node[]) => (nodes.length === 1 ? idOf(nodes[0]?.name ?? "") : `${nodes.length} nodes`);
