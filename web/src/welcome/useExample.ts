// The example as this page knows it: what there is on the node, what exists of it in the cluster, and the two clicks that it takes.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import { uploads } from "../files/uploads.ts";
import { useResource } from "../live/Live.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { clipPath, type Example, PROJECT, PROJECT_NAME, type Step, stepOf } from "./example.ts";
import { clipFile, clipIsThere, looked, made, started } from "./making.ts";
import { begin } from "./remembered.ts";

export interface ExampleNow {
  /** Undefined while it is asked for; null where this node has none. */
  example: (Example & { spec: PipelineSpec }) | null | undefined;
  error: Error | null;
  again: () => void;
  step: Step;
  /** Of the clip, 0 to 1, while it is sent. */
  sent: number;
  /** Why sending goes no further; "" while it does. */
  trouble: string;
  busy: boolean;
  make: () => void;
  start: () => void;
}

export function useExample(): ExampleNow {
  const services = useServices();
  const navigate = useNavigate();
  const known = useQueryClient();
  const { act } = useAct();
  const [busy, setBusy] = useState(false);
  const asked = useQuery({
    queryKey: ["example"],
    queryFn: async ({ signal }) => (await looked(services, signal)) ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const example = asked.data;
  const project = useResource("project", PROJECT_NAME);
  const clip = useQuery({
    queryKey: ["example", "clip"],
    queryFn: ({ signal }) => (example ? clipIsThere(services, example, signal) : false),
    enabled: Boolean(example && project && !project.deleting),
    staleTime: 0,
  });
  useEffect(() => uploads.onLanded(() => void known.invalidateQueries({ queryKey: ["example", "clip"] })), [known]);
  const path = example ? clipPath(example) : "";
  const upload = useSyncExternalStore(uploads.subscribe, () =>
    uploads
      .snapshot()
      .uploads.find((one) => one.path === path && !["done", "cancelled", "skipped"].includes(one.state)),
  );
  const sending = upload !== undefined && !["failed", "lost", "paused", "asks"].includes(upload.state);
  const doing = async (what: string, call: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    await act(what, call);
    setBusy(false);
  };
  return {
    example,
    error: asked.error,
    again: () => void asked.refetch(),
    step: stepOf({ project, clip: clip.data === true, sending }),
    sent: upload && upload.size > 0 ? upload.sent / upload.size : 0,
    trouble: upload && !sending ? upload.why || "The clip was not sent to its end" : "",
    busy,
    make: () =>
      void doing("Make the example", async () => {
        if (!example) return;
        await made(services, example.spec);
        begin(PROJECT);
        if (!(await clipIsThere(services, example))) {
          uploads.add([{ file: await clipFile(example), path }], { existing: "replace" });
        }
        await known.invalidateQueries({ queryKey: ["example", "clip"] });
      }),
    start: () =>
      void doing("Start the example", async () => {
        await started(services);
        begin(PROJECT);
        void navigate({ to: "/projects/$project", params: { project: PROJECT } });
      }),
  };
}
