// The hours of a week, each as dark as it was busy; a table for who cannot see or does not want to guess.
import { Text } from "@mantine/core";

import { isWorking, type Working } from "./figures.ts";
import classes from "./Week.module.css";

const DAYS = Array.from({ length: 7 }, (_, day) =>
  new Intl.DateTimeFormat(undefined, { weekday: "short" }).format(new Date(2024, 0, 1 + day)),
);
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

interface Props {
  label: string;
  grid: readonly (readonly number[])[];
  working: Working;
  /** What the values count, for instance "stages at a time". */
  unit: string;
}

export function Week({ label, grid, working, unit }: Props) {
  const most = Math.max(...grid.flat(), 0);
  return (
    <div className={classes.scroller}>
      <table className={classes.week} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">
              <span className={classes.hidden}>Day</span>
            </th>
            {HOURS.map((hour) => (
              <th key={hour} scope="col" className={hour % 3 ? classes.between : undefined}>
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {grid.map((row, day) => (
            <tr key={DAYS[day]}>
              <th scope="row">{DAYS[day]}</th>
              {row.map((value, hour) => (
                <Cell
                  // biome-ignore lint/suspicious/noArrayIndexKey: an hour is what its place says
                  key={hour}
                  value={value}
                  share={most ? value / most : 0}
                  title={`${DAYS[day]} ${hour}:00 to ${hour + 1}:00: ${said(value)}`}
                  works={isWorking(working, day, hour)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="xs" c="dimmed" mt={4}>
        The busiest hour has {said(most)} {unit}. Working hours are framed.
      </Text>
    </div>
  );
}

function Cell({ value, share, title, works }: { value: number; share: number; title: string; works: boolean }) {
  const strength = value > 0 ? Math.round(12 + 88 * share) : 0;
  return (
    <td
      title={title}
      data-works={works || undefined}
      style={{ backgroundColor: `color-mix(in srgb, var(--mantine-primary-color-filled) ${strength}%, transparent)` }}
    >
      <span className={classes.hidden}>{said(value)}</span>
    </td>
  );
}

const said = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toLocaleString(undefined, { maximumSignificantDigits: 2 });
