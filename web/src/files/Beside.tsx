// The file that is looked at, beside the list it is in.
import { ActionIcon, Group, Paper, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import classes from "./files.module.css";
import { baseName, shown } from "./paths.ts";
import { Preview } from "./preview/Preview.tsx";

export function Beside({ path, close, bare = false }: { path: string; close?: () => void; bare?: boolean }) {
  if (bare) return <Preview path={path} tall />;
  return (
    <Paper
      withBorder
      p="sm"
      className={classes.beside}
      component="section"
      aria-label={`A look at ${shown(baseName(path))}`}
    >
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <Text fw={600} size="sm" style={{ overflowWrap: "anywhere" }}>
          {shown(baseName(path))}
        </Text>
        {close ? (
          <ActionIcon variant="subtle" color="gray" onClick={close} aria-label="Close the file">
            <IconX size={16} aria-hidden />
          </ActionIcon>
        ) : null}
      </Group>
      <Preview path={path} tall />
    </Paper>
  );
}
