// Calm, dense where data is, one accent colour.
import { createTheme, type MantineColorsTuple } from "@mantine/core";

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
  primaryShade: { light: 8, dark: 5 },
  autoContrast: true,
  defaultRadius: "sm",
  cursorType: "pointer",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SFMono-Regular', 'Noto Sans Mono', Menlo, monospace",
});
