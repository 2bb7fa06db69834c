// All keys at a glance.
import { Kbd, Modal, Table, Text } from "@mantine/core";
import { OTHERS, PLACES } from "./places.ts";

const ANYWHERE: [string[], string][] = [
  [["Ctrl or ⌘", "K"], "Go to or do something"],
  [["/"], "The same"],
  [["c"], "New project"],
  [["?"], "These keys"],
  ...[...PLACES, ...OTHERS].map(({ key, word }): [string[], string] => [["g", key], word]),
];
const IN_TABLES: [string[], string][] = [
  [["↑", "↓"], "From row to row; Page up, Page down, Home and End further"],
  [["Enter"], "Open"],
  [["→"], "Into the row, to its links and buttons"],
  [["Space"], "Select"],
  [["Shift", "↓"], "Select as you go"],
  [["Ctrl or ⌘", "A"], "Select all"],
  [["Esc"], "Select none"],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keys" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <Keys title="Anywhere" keys={ANYWHERE} />
      <Keys title="In tables" keys={IN_TABLES} />
    </Modal>
  );
}

function Keys({ title, keys }: { title: string; keys: [string[], string][] }) {
  return (
    <>
      <Text fw={600} size="sm" mt="xs">
        {title}
      </Text>
      <Table verticalSpacing={4} withRowBorders={false} aria-label={title}>
        <Table.Tbody>
          {keys.map(([pressed, meaning]) => (
            <Table.Tr key={meaning}>
              <Table.Th w={160} fw={400} scope="row">
                {pressed.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Th>
              <Table.Td>{meaning}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}
