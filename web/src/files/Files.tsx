// All files that people and stages have: a directory at each address, what is in it, and one of them looked at beside it.
import { Alert, Group, Modal, Stack, Text, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { useResource } from "../live/Live.tsx";
import { projectName, projectOf } from "../parts/names.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { Beside } from "./Beside.tsx";
import { Crumbs } from "./Crumbs.tsx";
import { StagesTold, stagesOf, useCalled } from "./called.ts";
import { DropPage } from "./Dropping.tsx";
import { type Asking, Dialog } from "./dialogs.tsx";
import { Entries } from "./Entries.tsx";
import { Found } from "./Found.tsx";
import classes from "./files.module.css";
import { clean, isRecord, isWithin, joined, shown } from "./paths.ts";
import { Question } from "./Question.tsx";
import { Sending } from "./Sending.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { Usage } from "./Usage.tsx";
import { dropped, uploads } from "./uploads.ts";
import { useLookAgain } from "./useDirectory.ts";
import { useHands } from "./useHands.ts";
import { useUploads } from "./useUploads.ts";

const route = getRouteApi("/browse/$");

export function Files() {
  const path = clean(route.useParams()._splat ?? "");
  return <Page key={path} path={path} />;
}

function Page({ path }: { path: string }) {
  const { open, find } = route.useSearch();
  const navigate = route.useNavigate();
  const called = useCalled();
  const hands = useHands();
  const [asking, setAsking] = useState<Asking>();
  const wide = useMediaQuery("(min-width: 1150px)", true, { getInitialValueInEffect: false });
  const { asked } = useUploads();
  const told = stagesOf(path);
  usePageTitle(called(path) ?? (path ? shown(path) : undefined), "Files");
  useFresh(path);

  const look = (next: string | undefined) =>
    void navigate({ search: (now) => withOpen(now, next), replace: Boolean(open && next) });
  const send = useCallback((data: DataTransfer, into: string) => {
    // What a drop holds is gone once its event is over: this begins to read it at once.
    void dropped(data, into).then(({ wishes, folders }) => uploads.add(wishes, { folders }));
  }, []);
  const looked = open === undefined ? undefined : joined(path, open);
  return (
    <DropPage path={path} files={send} paths={(paths, into) => void hands.move(paths, into)}>
      {told ? <StagesTold project={told} /> : null}
      <Stack gap="sm">
        <Group justify="space-between" align="flex-end" gap="xs">
          <Stack gap={2} miw={0}>
            <Title order={2} size="h3" className={classes.title}>
              {called(path) ?? (path ? shown(path.slice(path.lastIndexOf("/") + 1)) : "Files")}
            </Title>
            {path ? <Crumbs path={path} /> : null}
          </Stack>
          <Toolbar path={path} find={find ?? ""} ask={setAsking} />
        </Group>
        {isRecord(path) ? <ReadOnly /> : null}
        <Question asked={asked.filter((one) => isWithin(one.path, path))} />
        <Sending path={path} />
        <div className={classes.split} data-beside={(looked && wide) || undefined}>
          {find ? (
            <Found path={path} find={find} onLook={look} />
          ) : (
            <Entries path={path} hands={hands} ask={setAsking} onLook={look} looked={looked} />
          )}
          {looked && wide ? <Beside path={looked} close={() => look(undefined)} /> : null}
        </div>
        <Usage path={path} />
      </Stack>
      <Modal
        closeButtonProps={{ "aria-label": "Close" }}
        opened={looked !== undefined && !wide}
        onClose={() => look(undefined)}
        title={shown(open ?? "")}
        fullScreen
      >
        {looked && !wide ? <Beside path={looked} bare /> : null}
      </Modal>
      <Dialog asking={asking} hands={hands} close={() => setAsking(undefined)} />
    </DropPage>
  );
}

function withOpen<Search extends { open?: string }>({ open: _, ...rest }: Search, open: string | undefined) {
  return open === undefined ? rest : { ...rest, open };
}

function ReadOnly() {
  return (
    <Alert p="xs" variant="light" color="gray" icon={<IconLock size={16} aria-hidden />}>
      <Text size="sm">An attempt made this, and it stays as it is: download it, or copy it elsewhere.</Text>
    </Alert>
  );
}

/** Milliseconds that arrivals are collected for: of two thousand files each would have the list asked for. */
const APART = 700;

/** Has the directory looked at again when uploads have arrived in it, and when something ends in its project. */
function useFresh(path: string): void {
  const lookAgain = useLookAgain();
  const project = useResource("project", projectName(projectOf(path)));
  const running = project?.currentStages.join(" ") ?? "";
  const before = useRef(running);
  useEffect(() => {
    if (running !== before.current) lookAgain(path);
    before.current = running;
  }, [running, lookAgain, path]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = uploads.onLanded((paths) => {
      if (!paths.some((one) => isWithin(one, path))) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        lookAgain(path);
      }, APART);
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [path, lookAgain]);
}
