// All projects at a glance: what each is, how far it is, and who waits for whom.
import { Button, Group, Loader, Stack, Switch, Text, Title, VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLive, useTable } from "../live/Live.tsx";
import { Empty } from "../parts/Empty.tsx";
import { lazyPart } from "../parts/fetching.ts";
import { idOf } from "../parts/names.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { VirtualTable } from "../parts/VirtualTable.tsx";
import { Newcomer } from "../welcome/Newcomer.tsx";
import { isList } from "./address.ts";
import { type Arranged, arranged, type Projects as Table } from "./arranging.ts";
import {
  type Asked,
  type Change,
  type Criteria,
  changed,
  criteriaOf,
  isFiltering,
  type Order,
  turned,
} from "./criteria.ts";
import { Filters } from "./Filters.tsx";
import { groupedRows, keyOf, plainRows, type Row } from "./grouping.ts";
import classes from "./projects.module.css";
import { Quick } from "./Quick.tsx";
import { SavedViews } from "./SavedViews.tsx";
import { useCalm } from "./useCalm.ts";
import { useColumns } from "./useColumns.tsx";

const BulkBar = lazyPart(() => import("./BulkBar.tsx"), "BulkBar");
const route = getRouteApi("/projects");

interface Props {
  /** What the address says, or said when it was left. */
  asked: Asked;
}

export function Projects({ asked }: Props) {
  usePageTitle("Projects");
  const table = useTable("project");
  const complete = useLive((picture) => picture.complete);
  if (table.size === 0) return complete ? <Newcomer /> : <Waiting />;
  return <List {...{ table, asked }} />;
}

function Waiting() {
  const connection = useLive((picture) => picture.connection);
  if (connection === "lost") return null; // the frame says so
  return (
    <Group justify="center" py="xl" className={classes.late}>
      <Loader size="sm" aria-label="Projects are being loaded" />
    </Group>
  );
}

function List({ table, asked }: Props & { table: Table }) {
  const visit = useVisit();
  const router = useRouter();
  const navigate = route.useNavigate();
  const narrow = useMediaQuery("(max-width: 48em)", window.innerWidth < 768, { getInitialValueInEffect: false });
  // What is asked for otherwise is no longer the saved view that it came from.
  const ask = useCallback(
    (change: Change) => {
      if (!isList(router.latestLocation.pathname)) return; // who is on the way to another page gets there
      void navigate({
        search: (now) => changed(now, change),
        replace: Object.keys(change).includes("text"),
      });
    },
    [router, navigate],
  );
  const [wanted, want] = useState(asked.text ?? "");
  const criteria = useCriteria({ ...asked, text: wanted });
  const list = useArranged(table, criteria);
  const calm = useCalm(list);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(
    () => (asked.group === "tag" ? groupedRows(calm.shown, folded) : plainRows(calm.shown)),
    [calm.shown, asked.group, folded],
  );
  const [picked, pick] = useState<ReadonlySet<string>>(new Set());
  const order = useRef(asked.order);
  order.current = asked.order;
  const onOrder = useCallback((by: Order) => ask({ order: turned(order.current, by) }), [ask]);
  const onState = useCallback((state: string | undefined) => ask({ state }), [ask]);
  const onTag = useCallback((tag: string) => ask({ tag }), [ask]);
  const columns = useColumns({ order: criteria.order, down: criteria.down, narrow, onOrder, onTag });
  const open = useOpening(setFolded);
  const any = useMemo(() => [...picked].some((name) => table.has(name)), [picked, table]); // the others were deleted
  const selection = useMemo(() => ({ selected: picked, select: pick }), [picked]);
  return (
    <Stack gap="sm">
      <Group justify="space-between" wrap="nowrap">
        <Title order={2}>Projects</Title>
        <Group gap="xs" wrap="nowrap">
          <SavedViews key={visit} asked={asked} />
          <Button component={Link} to="/projects/new" leftSection={<IconPlus size={16} aria-hidden />}>
            New{narrow ? "" : " project"}
          </Button>
        </Group>
      </Group>
      <Filters visit={visit} asked={asked} table={table} onWant={want} onAsk={ask} />
      {any ? (
        <Suspense>
          <BulkBar key={visit} names={picked} table={table} onClear={() => pick(new Set())} />
        </Suspense>
      ) : (
        <Group justify="space-between" gap="xs" wrap={narrow ? "wrap" : "nowrap"} align="flex-start">
          <Quick counts={list.counts} state={asked.state} onState={onState} />
          <Group gap="md" wrap="nowrap">
            {calm.waiting ? (
              <Button variant="light" size="compact-sm" onClick={calm.settle}>
                {calm.waiting} changed: sort anew
              </Button>
            ) : null}
            <Switch
              size="sm"
              label="By tag"
              checked={asked.group === "tag"}
              onChange={(event) => ask({ group: event.currentTarget.checked ? "tag" : undefined })}
            />
          </Group>
        </Group>
      )}
      {rows.length ? (
        <VirtualTable<Row>
          label="Projects"
          items={rows}
          columns={columns}
          keyOf={keyOf}
          selects={projectNameOf}
          nameOf={nameOf}
          banner={heading}
          faded={isGoing}
          onOpen={open}
          onHold={calm.hold}
          selection={selection}
          asked={criteria}
          rowHeight={narrow ? 96 : 56}
          headless={narrow}
          height={narrow ? "calc(100dvh - 250px)" : "calc(100dvh - 210px)"}
        />
      ) : (
        <NoneLikeThat filtering={isFiltering(criteria)} onAll={() => void navigate({ search: {} })} />
      )}
    </Stack>
  );
}

const projectNameOf = (row: Row) => (row.kind === "project" ? row.project.name : undefined);
const nameOf = (row: Row) => (row.kind === "project" ? row.project.displayName : row.tag);
const isGoing = (row: Row) => row.kind === "project" && row.project.deleting;
/** The same each time, since rows are drawn anew with it. */
const heading = (row: Row) =>
  row.kind === "heading" ? (
    <Text fw={600} size="sm">
      <span aria-hidden>{row.folded ? "▸" : "▾"}</span> {row.tag || "Without a tag"}{" "}
      <Text span c="dimmed" size="sm">
        {row.count}
        {row.folded ? <VisuallyHidden>, folded</VisuallyHidden> : null}
      </Text>
    </Text>
  ) : null;

function NoneLikeThat({ filtering, onAll }: { filtering: boolean; onAll: () => void }) {
  return (
    <Empty title="No project is like that" action={filtering ? <Button onClick={onAll}>Show all</Button> : null}>
      Fewer words may find more, or another state.
    </Empty>
  );
}

function useOpening(setFolded: (change: (folded: ReadonlySet<string>) => ReadonlySet<string>) => void) {
  const navigate = useNavigate();
  return useCallback(
    (row: Row) => {
      if (row.kind === "project") {
        void navigate({ to: "/projects/$project", params: { project: idOf(row.project.name) } });
        return;
      }
      setFolded((folded) => {
        const next = new Set(folded);
        if (!next.delete(row.tag)) next.add(row.tag);
        return next;
      });
    },
    [navigate, setFolded],
  );
}

/** How often the list was left for another page. What opens over it is another one after that, so that nothing stays open. */
function useVisit(): number {
  const [visit, setVisit] = useState(0);
  useEffect(() => () => setVisit((before) => before + 1), []);
  return visit;
}

/** The same object as long as the same is asked for. */
function useCriteria({ text, tag, state, pipeline, author, order }: Change): Criteria {
  return useMemo(
    () => criteriaOf({ text, tag, state, pipeline, author, order }),
    [text, tag, state, pipeline, author, order],
  );
}

/** What was arranged last, also before the page was left: who comes back finds it, and only what changed meanwhile is moved. */
let last: Arranged | undefined;

function useArranged(table: Table, criteria: Criteria): Arranged {
  return useMemo(() => {
    last = arranged(last, table, criteria);
    return last;
  }, [table, criteria]);
}
