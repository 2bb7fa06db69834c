// Where in the whole log lines were found, beside the scrollbar.
import { memo } from "react";
import classes from "./LogView.module.css";

const STEPS = 400;

interface Props {
  found: readonly number[];
  size: number;
  /** Tells that `found` has more in it. */
  count: number;
}

export const Ruler = memo(function Ruler({ found, size, count }: Props) {
  if (size === 0 || count === 0) return null;
  const steps = new Set<number>();
  for (const at of found) steps.add(Math.floor((at / size) * STEPS));
  return (
    <div className={classes.ruler} aria-hidden>
      {[...steps].map((step) => (
        <i key={step} style={{ top: `${(step / STEPS) * 100}%` }} />
      ))}
    </div>
  );
});
