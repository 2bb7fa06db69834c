// Which line is which, what they are where one points, and which of them are shown.
import classes from "./Plot.module.css";

export interface Entry {
  label: string;
  colour: string;
  hidden: boolean;
  /** Where one points; "" where nobody does. */
  value: string;
}

export function Legend({ entries, onToggle }: { entries: readonly Entry[]; onToggle: (label: string) => void }) {
  return (
    <ul className={classes.legend} aria-label="Lines">
      {entries.map(({ label, colour, hidden, value }) => (
        <li key={label}>
          <button
            type="button"
            className={classes.entry}
            aria-pressed={!hidden}
            title={hidden ? `Show ${label}` : `Hide ${label}`}
            onClick={() => onToggle(label)}
          >
            <i style={{ background: hidden ? "transparent" : colour, borderColor: colour }} aria-hidden />
            <span>{label}</span>
            <b>{value}</b>
          </button>
        </li>
      ))}
    </ul>
  );
}
