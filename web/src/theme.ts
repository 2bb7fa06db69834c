// Calm, dense where data is, one accent colour.
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import classes from "./theme.module.css";

const teal: MantineColorsTuple = [
  "#e6f7f5",
  "#d3ebe8",
  "#a8d6d0",
  "#79c0b7",
  "#53ada2",
  "#3ba195",
  "#2b9b8e",
  "#1b877b",
  "#08786d",
  "#00685d",
];

export const theme = createTheme({
  primaryColor: "teal",
  colors: { teal },
  primaryShade: 8,
  autoContrast: true,
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  // By name, since each of them comes with the page that draws it.
  components: {
    // Orange and yellow titles could not be read on their ground; the sign beside them is in colour.
    Alert: { styles: { label: { color: "var(--mantine-color-text)" } } },
    // What is said of something that is still to come is only said of what has a role.
    Skeleton: { defaultProps: { role: "status", classNames: { root: classes.awaited ?? "" } } },
    Loader: { defaultProps: { role: "status" } },
    ModalCloseButton: { defaultProps: { "aria-label": "Close" } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
  },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SFMono-Regular', 'Noto Sans Mono', Menlo, monospace",
});

/** Mantine's own dimmed text and faults have a contrast of 3.3 on white; people read ours all day, so they have 4.5 and more. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5c646c",
    "--mantine-color-placeholder": "#6a7178",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-teal-light-hover": "#c0e1dc",
  },
  dark: {
    "--mantine-color-dimmed": "#a3a9b0",
    "--mantine-color-placeholder": "#8f969d",
    "--mantine-color-error": "#ff8787",
  },
});
