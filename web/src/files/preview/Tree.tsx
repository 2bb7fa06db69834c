// A JSON file to unfold, a hundred entries at a time; one that is none is shown as text.
import { Button, Group, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ProblemNote } from "../../parts/ProblemNote.tsx";
import { size } from "../../parts/words.ts";
import { Letters } from "./Letters.tsx";
import type { Shows } from "./Preview.tsx";
import classes from "./preview.module.css";
import { bytesOf } from "./ranges.ts";
import { guessEncoding, visible } from "./text.ts";
import { type Branch, branchOf, plain, summary } from "./tree.ts";
import { unfoldable } from "./unread.ts";

const AT_ONCE = 100;
/** Bytes of the largest file that is fetched without being asked for. */
const LARGE = 16 * 2 ** 20;

type Read = { value: unknown } | { fault: string };

export function Tree(shows: Shows) {
  const [wanted, want] = useState(shows.source.size <= LARGE);
  if (wanted) return <Whole {...shows} />;
  return (
    <>
      <Button size="compact-xs" variant="default" mb={4} onClick={() => want(true)}>
        Read all {size(shows.source.size)} and unfold it
      </Button>
      <Letters {...shows} />
    </>
  );
}

function Whole(shows: Shows) {
  const { source, height } = shows;
  const [raw, setRaw] = useState(false);
  const asked = useQuery({
    queryKey: ["files", "json", source.path, source.etag],
    queryFn: async ({ signal }): Promise<Read> => {
      const bytes = await bytesOf(source, 0, source.size, signal);
      try {
        return { value: unfoldable(new TextDecoder(guessEncoding(bytes)).decode(bytes)) };
      } catch (error) {
        return { fault: String(error) };
      }
    },
    gcTime: 0,
    structuralSharing: false,
  });
  if (asked.error) return <ProblemNote error={asked.error} again={() => void asked.refetch()} />;
  if (!asked.data) return <Skeleton height={160} aria-label="Loading the file" />;
  if ("fault" in asked.data) {
    return (
      <>
        <Text size="sm" mb={4}>
          It is no JSON ({visible(asked.data.fault)}), so here it is as text:
        </Text>
        <Letters {...shows} />
      </>
    );
  }
  return (
    <>
      <Group justify="flex-end" mb={4}>
        <Button size="compact-xs" variant="default" onClick={() => setRaw(!raw)}>
          {raw ? "As a tree" : "As text"}
        </Button>
      </Group>
      {raw ? (
        <Letters {...shows} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys
        <section className={classes.tree} style={{ maxHeight: height }} tabIndex={0} aria-label="JSON">
          <ul>
            <Twig name="" value={asked.data.value} open />
          </ul>
        </section>
      )}
    </>
  );
}

function Twig({ name, value, open = false }: { name: string; value: unknown; open?: boolean }) {
  const [unfolded, setUnfolded] = useState(open);
  const branch = useMemo(() => branchOf(value), [value]);
  const label = name ? <Text span inherit c="teal">{`${visible(name)}: `}</Text> : null;
  if (!branch) {
    return (
      <li>
        {label}
        <span className={classes.value}>{visible(plain(value))}</span>
      </li>
    );
  }
  return (
    <li>
      <button type="button" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
        <span aria-hidden>{unfolded ? "▾ " : "▸ "}</span>
        {label}
        <span>{visible(summary(branch))}</span>
      </button>
      {unfolded ? <Twigs branch={branch} /> : null}
    </li>
  );
}

function Twigs({ branch }: { branch: Branch }) {
  const [count, setCount] = useState(AT_ONCE);
  const left = branch.count - count;
  const entries = useMemo(
    () => Array.from({ length: Math.min(count, branch.count) }, (_, at) => branch.entry(at)),
    [branch, count],
  );
  return (
    <ul>
      {entries.map(([name, value], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they stay where they are, and a name may be there twice
        <Twig key={at} name={name} value={value} />
      ))}
      {left > 0 ? (
        <li>
          <button type="button" onClick={() => setCount(count + 10 * AT_ONCE)}>
            <Text span inherit td="underline">
              {left.toLocaleString()} more
            </Text>
          </button>
        </li>
      ) : null}
    </ul>
  );
}
