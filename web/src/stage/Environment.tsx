// Each variable that an attempt was given: its value, and the layer it comes from. Winslow's own are folded away.
import { Badge, Checkbox, Code, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { Layer, type Variable } from "../api/winslow/v1/stage_pb.ts";
import { Empty } from "../parts/Empty.tsx";
import { LAYER_WORDS } from "../start/layers.ts";
import { shownVariables } from "./environment.ts";
import type { Shown } from "./tabs.ts";

export function Environment({ stage }: Shown) {
  const [text, setText] = useState("");
  const [own, setOwn] = useState(false);
  const internal = stage.environment.filter(({ layer }) => layer === Layer.INTERNAL).length;
  const shown = shownVariables(stage.environment, text, own);
  if (stage.environment.length === 0) return <Empty title="It was given no variables" />;
  return (
    <Stack gap="sm">
      <Group>
        <TextInput
          aria-label="Find variables by name or value"
          placeholder="Name or value"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {internal ? (
          <Checkbox
            label={`Winslow's own (${internal})`}
            checked={own}
            onChange={(event) => setOwn(event.currentTarget.checked)}
          />
        ) : null}
      </Group>
      {shown.length ? (
        <Table.ScrollContainer minWidth={0}>
          <Table verticalSpacing={4} aria-label="Variables">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Variable</Table.Th>
                <Table.Th>Value</Table.Th>
                <Table.Th>From</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((variable) => (
                <Row key={variable.name} variable={variable} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      ) : (
        <Text size="sm" c="dimmed" role="status">
          {text ? "No variable is like that." : "It was given only Winslow's own variables."}
        </Text>
      )}
    </Stack>
  );
}

function Row({ variable: { name, value, layer } }: { variable: Variable }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
      </Table.Td>
      <Table.Td>
        {value ? (
          <Code style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{value}</Code>
        ) : (
          <Text size="sm" c="dimmed">
            empty
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Badge variant={layer === Layer.SUBMISSION ? "light" : "default"} tt="none" size="sm">
          {LAYER_WORDS[layer]}
        </Badge>
      </Table.Td>
    </Table.Tr>
  );
}
