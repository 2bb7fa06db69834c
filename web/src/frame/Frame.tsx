// What is around every page: where one can go, what can be done from anywhere, and whether what is seen is true.
import { ActionIcon, AppShell, Burger, Group, Kbd, Text, Title, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKeyboard, IconSearch } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useLive } from "../live/Live.tsx";
import { lazyPart } from "../parts/fetching.ts";
import { useDialogsNeeded } from "../parts/needed.ts";
import { useLater } from "../parts/useLater.ts";
import { GuideHere } from "../welcome/GuideHere.tsx";
import { Banner } from "./Banner.tsx";
import classes from "./frame.module.css";
import { Navigation } from "./Navigation.tsx";
import { Notices } from "./notices/Notices.tsx";
import { Pages } from "./Pages.tsx";
import { OTHERS, PLACES } from "./places.ts";
import { SchemeToggle } from "./SchemeToggle.tsx";
import { Shield } from "./Shield.tsx";
import { Truth } from "./Truth.tsx";
import { useShortcuts } from "./useShortcuts.ts";

const Palette = lazyPart(() => import("./Palette.tsx"), "Palette");
const Dialogs = lazyPart(() => import("./Dialogs.tsx"), "Dialogs");
const Notes = lazyPart(() => import("./Notes.tsx"), "Notes");
const Help = lazyPart(() => import("./Help.tsx"), "Help");
const TransfersMark = lazyPart(() => import("./TransfersMark.tsx"), "TransfersMark");

export function Frame() {
  const [open, { toggle, close }] = useDisclosure();
  const [over, setOver] = useState<"palette" | "help">();
  const later = useLater();
  const dialogs = useDialogsNeeded();
  const connection = useLive((picture) => picture.connection);
  useShortcuts(useMeanings(setOver));
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 200, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding={{ base: "sm", md: "md" }}
    >
      <a className={classes.skip} href="#main">
        To the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={open ? "Hide where one can go" : "Show where one can go"}
              aria-expanded={open}
            />
            <Title order={1} size="h4">
              <Link to="/projects" className={classes.brand}>
                Winslow
              </Link>
            </Title>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Shield>{later ? <TransfersMark /> : null}</Shield>
            <button type="button" className={classes.find} onClick={() => setOver("palette")}>
              <IconSearch size={16} aria-hidden />
              <VisuallyHidden hiddenFrom="md">Go to…</VisuallyHidden>
              <Text span inherit visibleFrom="md">
                Go to…
              </Text>
              <Kbd size="xs" visibleFrom="md">
                Ctrl K
              </Kbd>
            </button>
            <SchemeToggle />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Keys"
              title="Keys (?)"
              visibleFrom="sm"
              onClick={() => setOver("help")}
            >
              <IconKeyboard size={18} aria-hidden />
            </ActionIcon>
            <Truth connection={connection} />
          </Group>
        </Group>
      </AppShell.Header>
      <Shield>{later ? <Notes /> : null}</Shield>
      <Shield>{dialogs ? <Dialogs /> : null}</Shield>
      <AppShell.Navbar p="xs">
        <Navigation onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: "none" }}>
        <Banner connection={connection} />
        <Shield>
          <GuideHere />
        </Shield>
        <Pages />
      </AppShell.Main>
      <Shield>
        <Notices />
      </Shield>
      <Shield key={over}>
        {over === "palette" ? <Palette onClose={() => setOver(undefined)} onHelp={() => setOver("help")} /> : null}
        {over === "help" ? <Help onClose={() => setOver(undefined)} /> : null}
      </Shield>
    </AppShell>
  );
}

function useMeanings(setOver: (over: "palette" | "help") => void): ReadonlyMap<string, () => void> {
  const navigate = useNavigate();
  return useMemo(
    () =>
      new Map([
        ["command-k", () => setOver("palette")],
        ["/", () => setOver("palette")],
        ["?", () => setOver("help")],
        ["c", () => void navigate({ to: "/projects/new" })],
        ...[...PLACES, ...OTHERS].map(
          ({ to, key }) => [`g ${key}`, () => void navigate({ to: to as string })] as const,
        ),
      ]),
    [navigate, setOver],
  );
}
