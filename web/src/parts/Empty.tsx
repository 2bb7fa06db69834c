// What stands where nothing is: why, and what to do next.
import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Title order={3} size="h4" fw={600}>
        {title}
      </Title>
      {children ? (
        <Text c="dimmed" size="sm" maw={440}>
          {children}
        </Text>
      ) : null}
      {action}
    </Stack>
  );
}
