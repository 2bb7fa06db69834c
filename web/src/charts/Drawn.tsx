// A plot, drawn by uPlot; what it shows is also said in words and in a table.
import { Button, Group, Text, useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { AsTable } from "./AsTable.tsx";
import { colours } from "./colours.ts";
import { Legend } from "./Legend.tsx";
import classes from "./Plot.module.css";
import { columns, extent, type PlotProps, type Range, sorted, summary, thinned } from "./series.ts";
import { number, placed, ticked, ticksOf, valued } from "./units.ts";

const HEIGHT = 220;

export function Drawn({ title, unit, series, time = false, height = HEIGHT, group, over }: PlotProps) {
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const [width, setWidth] = useState(0);
  const [zoom, setZoom] = useState<Range>();
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const [place, point] = useState<number | null>(null);
  const label = useId();
  const points = useMemo(() => series.map((one) => sorted(one.points)), [series]);
  const whole = useMemo(() => extent(points), [points]);
  const range = zoom ?? whole;
  const data = useMemo(() => {
    const most = Math.max(400, Math.round(width * 2));
    return columns(range ? points.map((one) => thinned(one, range, most)) : points);
  }, [points, range, width]);
  // A chart is made anew where its lines are others; new points only go into it.
  const lines = series.map((one) => one.label).join("\n");

  useEffect(() => {
    if (!box.current) return;
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  const ready = width > 0;
  useEffect(() => {
    if (!box.current || !ready) return;
    const made = new uPlot(
      options({ labels: lines.split("\n"), unit, time, height, group, scheme, setZoom, point }),
      [[]],
      box.current,
    );
    chart.current = made;
    return () => {
      chart.current = undefined;
      made.destroy();
    };
  }, [lines, unit, time, height, group, scheme, ready]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart that was made anew is filled anew
  useEffect(() => {
    const made = chart.current;
    if (!made) return;
    made.setSize({ width, height });
    series.forEach((one, index) => {
      if (made.series[index + 1]?.show === hidden.has(one.label))
        made.setSeries(index + 1, { show: !hidden.has(one.label) });
    });
    made.setData(data as uPlot.AlignedData, false);
    const [from, to] = range ? [range.from, range.to] : [0, 1];
    made.setScale("x", from === to ? { min: from - 1, max: to + 1 } : { min: from, max: to });
  }, [data, width, height, hidden, range, lines, unit, time, group, scheme]);

  const key = (event: KeyboardEvent) => {
    const made = chart.current;
    const step = ({ ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 } as Record<string, number>)[event.key];
    if (event.key === "Escape") setZoom(undefined);
    else if (made && step) {
      const next = Math.min(
        Math.max((made.cursor.idx ?? (step > 0 ? -1 : data[0].length)) + step, 0),
        data[0].length - 1,
      );
      made.setCursor({ left: made.valToPos(data[0][next] ?? 0, "x"), top: made.cursor.top ?? 10 });
    } else return;
    event.preventDefault();
  };
  const says = series.map((one) => summary(one, (value) => valued(value, unit))).join(". ");
  const shown = place !== null && place < data[0].length ? place : undefined;
  return (
    <figure className={classes.figure} aria-labelledby={label}>
      <Group justify="space-between" gap="xs" mih={26}>
        <Text id={label} component="figcaption" size="sm" fw={600}>
          {title}
          {unit && !unit.startsWith("B") ? (
            <Text span inherit fw={400}>
              {" "}
              ({unit})
            </Text>
          ) : null}
        </Text>
        <Group gap="xs">
          <Text size="xs" className={classes.place}>
            {shown === undefined ? (time ? null : over) : placed(data[0][shown] as number, time)}
          </Text>
          {zoom ? (
            <Button size="compact-xs" variant="default" onClick={() => setZoom(undefined)}>
              Whole range
            </Button>
          ) : null}
        </Group>
      </Group>
      <div
        ref={box}
        className={classes.box}
        style={{ minHeight: height }}
        role="img"
        aria-label={`${title}. ${says}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move along the lines
        tabIndex={0}
        onKeyDown={key}
      />
      <Legend
        entries={series.map((one, index) => ({
          label: one.label,
          colour: colours(scheme)[index % colours(scheme).length] as string,
          hidden: hidden.has(one.label),
          value: shown === undefined ? "" : valued(data[index + 1]?.[shown] as number, unit),
        }))}
        onToggle={(one) => hide(toggled(hidden, one))}
      />
      <AsTable title={title} series={series} time={time} unit={unit} over={over} />
    </figure>
  );
}

function toggled(hidden: ReadonlySet<string>, label: string): ReadonlySet<string> {
  const next = new Set(hidden);
  if (!next.delete(label)) next.add(label);
  return next;
}

interface Wanted {
  labels: readonly string[];
  unit: string;
  time: boolean;
  height: number;
  group: string | undefined;
  scheme: "light" | "dark";
  setZoom: (range: Range) => void;
  point: (place: number | null) => void;
}

function options(wanted: Wanted): uPlot.Options {
  const { labels, unit, time, height, group, scheme } = wanted;
  const line = scheme === "dark" ? "#3b4046" : "#e2e6ea";
  const axis = {
    stroke: scheme === "dark" ? "#c1c7ce" : "#495057",
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line },
  };
  return {
    width: 100,
    height,
    ms: 1,
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      ...(group ? { sync: { key: group, setSeries: false } } : {}),
      focus: { prox: 16 },
    },
    scales: { x: { time }, y: { range: (_, min, max) => spread(min, max) } },
    axes: [
      { ...axis, values: (_, ticks) => (time ? ticksOf(ticks) : ticks.map(number)), ...(time ? { space: 74 } : {}) },
      { ...axis, size: unit.startsWith("B") ? 82 : 56, values: (_, ticks) => ticks.map((tick) => ticked(tick, unit)) },
    ],
    series: [
      {},
      ...labels.map((label, index) => ({
        label,
        stroke: colours(scheme)[index % colours(scheme).length] as string,
        width: 1.5,
        // Lines are told apart by how they are drawn as well as by colour.
        dash: [[], [8, 4], [2, 3], [8, 3, 2, 3]][Math.floor(index / 2) % 4] as number[],
        points: { size: 5 },
      })),
    ],
    hooks: {
      setCursor: [(made) => wanted.point(made.cursor.idx ?? null)],
      setSelect: [
        (made) => {
          const { left, width } = made.select;
          if (width < 4) return;
          wanted.setZoom({ from: made.posToVal(left, "x"), to: made.posToVal(left + width, "x") });
          made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Some room above and below; a line of one value lies in the middle. */
function spread(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const room = (max - min) * 0.06 || Math.abs(max) * 0.1 || 1;
  return [min >= 0 && min - room < 0 ? 0 : min - room, max + room];
}
