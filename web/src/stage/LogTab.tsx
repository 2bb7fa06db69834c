// What an attempt wrote; the line that is looked at is part of the address.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { LogView } from "../logs/LogView.tsx";
import type { Shown } from "./tabs.ts";

const route = getRouteApi("/projects/$project/stages/$stage");

export function LogTab({ stage }: Shown) {
  const { line, find } = route.useSearch();
  const navigate = route.useNavigate();
  const place = useCallback(
    (place: { line?: string; find?: string }) =>
      void navigate({
        search: (now) => ({ ...Object.fromEntries(Object.entries({ ...now, ...place }).filter(([, value]) => value)) }),
        replace: true,
      }),
    [navigate],
  );
  return <LogView stage={stage.name} line={line} find={find} onPlace={place} />;
}
