// How an attempt's node was found, or why none was: what each node said, and what counted for and against it.
import { Anchor, Group, Skeleton, Stack, Table, Text } from "@mantine/core";
import { IconBan, IconCircleCheck, IconClock, IconTrophy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Bid, Election } from "../api/winslow/v1/election_pb.ts";
import { WhyWaiting } from "../nodes/WhyWaiting.tsx";
import { Ago } from "../parts/Ago.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { Part } from "./Overview.tsx";
import { isWaiting } from "./spans.ts";
import type { Shown } from "./tabs.ts";

export function ElectionTab({ stage }: Shown) {
  const { elections } = useServices();
  const waits = isWaiting(stage.state);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["election", stage.name, stage.state, String(stage.fence)],
    queryFn: ({ signal }) => elections.getElection({ name: `${stage.name}/election` }, { signal }),
  });
  return (
    <Stack gap="md">
      {waits ? (
        <Part title="Why it waits">
          <WhyWaiting stage={stage.name} />
        </Part>
      ) : null}
      {data ? <Held election={data} /> : null}
      {isPending ? <Skeleton height={160} role="status" aria-label="Loading the election" /> : null}
      {error ? <ProblemNote error={error} again={() => void refetch()} /> : null}
    </Stack>
  );
}

function Held({ election }: { election: Election }) {
  const { bids, winner, openTime, closeTime, round } = election;
  return (
    <Part title="Election">
      <Text size="sm" mb="sm">
        Opened <Ago time={openTime} />
        {closeTime ? (
          <>
            , closed <Ago time={closeTime} />
          </>
        ) : (
          ", still open"
        )}
        {winner ? (
          <>
            . It went to <NodeLink node={winner} />
          </>
        ) : null}
        {round ? ` in round ${round}` : ""}.
      </Text>
      {bids.length ? (
        <Bids bids={bids} winner={winner} />
      ) : (
        <Empty title="What the nodes said is no longer known">
          That is kept by the leader for a while, in memory; its record only tells who won.
        </Empty>
      )}
    </Part>
  );
}

function Bids({ bids, winner }: { bids: readonly Bid[]; winner: string }) {
  const ordered = [...bids].sort(
    (one, other) =>
      Number(other.node === winner) - Number(one.node === winner) ||
      one.lacks.length - other.lacks.length ||
      other.score - one.score,
  );
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table verticalSpacing={4} aria-label="What each node said">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Node</Table.Th>
            <Table.Th>Answer</Table.Th>
            <Table.Th ta="right">Score</Table.Th>
            <Table.Th>What counted</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {ordered.map((bid) => (
            <Table.Tr key={bid.node}>
              <Table.Td>
                <NodeLink node={bid.node} />
              </Table.Td>
              <Table.Td>
                <Answer bid={bid} won={bid.node === winner} />
              </Table.Td>
              <Table.Td ta="right">{bid.lacks.length ? "" : bid.score.toFixed(2)}</Table.Td>
              <Table.Td>
                {bid.lacks.length
                  ? bid.lacks.join("; ")
                  : bid.parts.map(({ name, value }) => `${name} ${value > 0 ? "+" : ""}${value.toFixed(2)}`).join(", ")}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Answer({ bid, won }: { bid: Bid; won: boolean }) {
  const [Shape, word, colour] = won
    ? ([IconTrophy, "won", "teal"] as const)
    : bid.lacks.length === 0
      ? ([IconCircleCheck, "could have", "green"] as const)
      : bid.hopeless
        ? ([IconBan, "never", "red"] as const)
        : ([IconClock, "not then", "orange"] as const);
  return (
    <Group gap={6} wrap="nowrap">
      <Text c={colour} component="span" lh={0}>
        <Shape size={16} aria-hidden />
      </Text>
      <Text size="sm">{word}</Text>
    </Group>
  );
}

function NodeLink({ node }: { node: string }) {
  return (
    <Anchor
      size="sm"
      underline="always"
      renderRoot={(props) => <Link {...props} to="/nodes/$node" params={{ node: idOf(node) }} />}
    >
      {idOf(node)}
    </Anchor>
  );
}
