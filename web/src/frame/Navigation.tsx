// Where one can go, and how many wait for a person there.
import { Badge, NavLink, Text } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { NodeState } from "../api/winslow/v1/node_pb.ts";
import { ProjectState } from "../api/winslow/v1/project_pb.ts";
import { useLive } from "../live/Live.tsx";
import type { Table } from "../live/tables.ts";
import { idOf } from "../parts/names.ts";
import { PLACES } from "./places.ts";
import { useCluster } from "./useCluster.ts";

export function Navigation({ onGo }: { onGo: () => void }) {
  const { pathname } = useLocation();
  const counts = useCounts();
  const { cluster } = useCluster();
  return (
    <>
      <nav aria-label="Places">
        {PLACES.map(({ to, word, icon: Icon }) => {
          const count = counts[to];
          const current = pathname === to || pathname.startsWith(`${to}/`);
          return (
            <NavLink
              key={to}
              renderRoot={(props) => <Link to={to as string} {...props} aria-current={current ? "page" : undefined} />}
              label={word}
              leftSection={<Icon size={18} aria-hidden />}
              rightSection={
                count ? (
                  <Badge size="sm" variant="light" color="orange" tt="none" aria-label={count.said} title={count.said}>
                    {count.number}
                  </Badge>
                ) : null
              }
              active={current}
              onClick={onGo}
            />
          );
        })}
      </nav>
      <Text size="xs" c="dimmed" mt="auto" p="xs">
        {cluster ? `${idOf(cluster.answeredBy)} · Winslow ${cluster.version}` : ""}
      </Text>
    </>
  );
}

interface Count {
  number: number;
  said: string;
}

function useCounts(): Partial<Record<string, Count>> {
  const waiting = useLive(({ tables }) => counted(tables.project, waits));
  const silent = useLive(({ tables }) => counted(tables.node, isSilent));
  return {
    ...(waiting ? { "/projects": { number: waiting, said: `${waiting} wait for a person` } } : {}),
    ...(silent ? { "/nodes": { number: silent, said: `${silent} silent or lost` } } : {}),
  };
}

const waits = ({ state }: { state: ProjectState }) => state === ProjectState.AWAITING_INPUT;
const isSilent = ({ state }: { state: NodeState }) => state === NodeState.SUSPECT || state === NodeState.LOST;

const known = new WeakMap<object, number>();

/** Counted once for each table, however often it is asked for: a table never changes. */
function counted<Case extends "project" | "node">(
  table: Table<Case> | undefined,
  counts: (one: Table<Case> extends ReadonlyMap<string, infer One> ? One : never) => boolean,
): number {
  if (!table) return 0;
  let count = known.get(table);
  if (count === undefined) {
    count = 0;
    for (const one of table.values()) if (counts(one as never)) count++;
    known.set(table, count);
  }
  return count;
}
