// What is around every page: where one can go, and whether what is seen is true.
import { AppShell, Burger, Group, NavLink, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBinaryTree, IconServer2 } from "@tabler/icons-react";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useLive } from "../live/Live.tsx";
import { Truth } from "./Truth.tsx";

const PLACES = [
  { to: "/projects", word: "Projects", icon: IconBinaryTree },
  { to: "/nodes", word: "Nodes", icon: IconServer2 },
] as const;

export function Frame() {
  const [open, { toggle, close }] = useDisclosure();
  const connection = useLive((picture) => picture.connection);
  const { pathname } = useLocation();
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 200, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding={{ base: "sm", md: "md" }}
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Show where one can go" />
            <Title order={1} size="h4">
              Winslow
            </Title>
          </Group>
          <Truth connection={connection} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        {PLACES.map(({ to, word, icon: Icon }) => (
          <NavLink
            key={to}
            renderRoot={(props) => <Link to={to} {...props} />}
            label={word}
            leftSection={<Icon size={18} aria-hidden />}
            active={pathname.startsWith(to)}
            onClick={close}
          />
        ))}
        <Text size="xs" c="dimmed" mt="auto" p="xs">
          All of it can be done with winslowctl, too.
        </Text>
      </AppShell.Navbar>
      <AppShell.Main>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}
