// What people said to each other about a run, live; and a place to say more.
import { Button, Group, Skeleton, Stack, Text, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Comment } from "../api/winslow/v1/run_pb.ts";
import { useTable } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { merged } from "./history.ts";

const PAGE = 1000;

/** `run` is a whole name; `live` says whether the stream tells of it. */
export function Comments({ run, live }: { run: string; live: boolean }) {
  const { runs } = useServices();
  const { act, busy } = useAct();
  const [text, setText] = useState("");
  const told = useTable("comment");
  const asked = useQuery({
    queryKey: ["comments", run],
    queryFn: ({ signal }) => runs.listComments({ parent: run, pageSize: PAGE }, { signal }),
    enabled: !live,
  });
  const comments = useMemo(
    () => inOrder(merged(told, asked.data?.comments ?? [], `${run}/comments/`).values()),
    [told, asked.data, run],
  );
  const say = async () => {
    const said = await act("Comment", (requestId) => runs.createComment({ requestId, parent: run, comment: { text } }));
    if (said) setText("");
    if (said && !live) void asked.refetch();
  };
  return (
    <Stack gap="sm">
      {asked.error ? <ProblemNote error={asked.error} again={() => void asked.refetch()} /> : null}
      {asked.isLoading ? <Skeleton height={40} role="status" aria-label="Loading comments" /> : null}
      <Stack gap="xs" component="ol" m={0} p={0} style={{ listStyle: "none" }} aria-label="Comments" aria-live="polite">
        {comments.map((comment) => (
          <Said key={comment.name} comment={comment} />
        ))}
      </Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) void say();
        }}
      >
        <Textarea
          aria-label="Write a comment"
          placeholder="What should others know about this run?"
          autosize
          minRows={2}
          maxRows={10}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim()) void say();
          }}
        />
        <Group mt="xs">
          <Button type="submit" size="xs" disabled={!text.trim()} loading={busy}>
            Comment
          </Button>
          <Text size="xs" c="dimmed">
            Ctrl+Enter sends it
          </Text>
        </Group>
      </form>
    </Stack>
  );
}

function Said({ comment }: { comment: Comment }) {
  return (
    <li>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {comment.author}
        </Text>
        <Ago time={comment.createTime} size="xs" c="dimmed" />
      </Group>
      <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {comment.text}
      </Text>
    </li>
  );
}

function inOrder(comments: Iterable<Comment>): Comment[] {
  const number = ({ name }: Comment) => Number(name.slice(name.lastIndexOf("/") + 1));
  return [...comments].sort((one, other) => number(one) - number(other));
}
