// Which node answers and how the cluster is: asked once, and again when the connection came back or somebody looks.
import { useQuery } from "@tanstack/react-query";
import { useLive } from "../live/Live.tsx";
import { useServices } from "../rpc/Rpc.tsx";

export function useCluster({ fresh = false }: { fresh?: boolean } = {}) {
  const { cluster } = useServices();
  const connection = useLive((picture) => picture.connection);
  const asked = useQuery({
    queryKey: ["cluster", connection === "stale"],
    queryFn: ({ signal }) => cluster.getCluster({}, { signal }),
    enabled: connection === "live" || connection === "stale",
    staleTime: fresh ? 0 : Number.POSITIVE_INFINITY,
  });
  return { cluster: asked.data, error: asked.error, again: () => void asked.refetch() };
}
