// A pipeline drawn: its stages, what comes before what and on which condition, where a person is asked. The drawing comes
// when it is needed; a list says the same to those whom a drawing does not help.
import { ActionIcon, Box, Skeleton, Tooltip } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconList, IconRoute } from "@tabler/icons-react";
import { Suspense, useMemo, useState } from "react";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import { lazyPart } from "../parts/fetching.ts";
import type { Mark } from "../parts/StateMark.tsx";
import { outline } from "./graph/outline.ts";
import { StepList } from "./graph/StepList.tsx";

const Drawing = lazyPart(() => import("./graph/Drawing.tsx"), "Drawing");

export interface GraphMark {
  mark: Mark;
  /** What else is said there, in a few words. */
  note?: string;
}

export interface GraphProps {
  spec: PipelineSpec;
  /** How stages are, by their definitions' names. */
  marks?: ReadonlyMap<string, GraphMark> | undefined;
  /** Stages can be chosen, by mouse and keyboard; called with the definition's name. */
  onPick?: ((definition: string) => void) | undefined;
  /** The definition that is chosen. */
  selected?: string | undefined;
  /** Pixels that it may be high at most; it is no higher than it need be. */
  most?: number;
}

export function Graph({ spec, marks, onPick, selected, most = 420 }: GraphProps) {
  const { ref, width } = useElementSize();
  const [listed, setListed] = useState(false);
  const steps = useMemo(() => outline(spec), [spec]);
  const shown = { steps, marks, onPick, selected };
  return (
    <Box ref={ref} pos="relative" style={{ minHeight: 60 }}>
      <Box pos="absolute" top={6} right={6} style={{ zIndex: 5 }}>
        <Tooltip label={listed ? "Show as a drawing" : "Show as a list"}>
          <ActionIcon
            variant="default"
            size="sm"
            aria-label={listed ? "Show as a drawing" : "Show as a list"}
            onClick={() => setListed(!listed)}
          >
            {listed ? <IconRoute size={14} aria-hidden /> : <IconList size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      </Box>
      {listed ? (
        <StepList {...shown} />
      ) : width > 0 ? (
        <Suspense fallback={<Skeleton height={160} />}>
          <Drawing {...shown} width={width} most={most} />
        </Suspense>
      ) : null}
    </Box>
  );
}
