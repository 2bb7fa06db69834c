// Charts of the tables that a stage left: CSV files of its output and its workspace, columns of whoever's choice.
import { Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../rpc/Rpc.tsx";
import type { TableSpec } from "./specs.ts";
import { TableChart } from "./TableChart.tsx";

const MOST = 100;

interface Props {
  stages: readonly string[];
  specs: readonly TableSpec[];
  /** Changes when the first one has ended: what it left is there then. */
  ended: boolean;
  onChange: (specs: TableSpec[]) => void;
}

export function TableCharts({ stages, specs, ended, onChange }: Props) {
  const stage = stages[0] as string;
  const tables = useTables(stage, ended);
  const offered = (tables.data ?? []).filter((file) => !specs.some((spec) => spec.file === file));
  return (
    <>
      {specs.map((spec, place) => (
        <TableChart
          key={spec.file}
          spec={spec}
          stages={stages}
          ended={ended}
          onChange={(next) => onChange(specs.map((one, index) => (index === place ? next : one)))}
          onRemove={() => onChange(specs.filter((_, index) => index !== place))}
        />
      ))}
      <Group gap="xs">
        <Select
          size="xs"
          w={360}
          maw="100%"
          label="Draw a table"
          placeholder={
            tables.isPending ? "Looking for tables" : offered.length ? "Choose a CSV file" : "No CSV files here"
          }
          disabled={offered.length === 0}
          searchable
          data={offered}
          value={null}
          onChange={(file) => file && onChange([...specs, { file, x: "", y: [] }])}
        />
      </Group>
    </>
  );
}

/** CSV files of a stage's output and workspace, below the stage; those found in a few seconds. */
function useTables(stage: string, ended: boolean) {
  const { files } = useServices();
  return useQuery({
    queryKey: ["stage-tables", stage, ended],
    queryFn: async ({ signal }) => {
      const found: string[] = [];
      for (const below of ["output", "workspace"]) {
        let pageToken = "";
        for (let pages = 0; pages < 3 && found.length < MOST; pages++) {
          const page = await files
            .searchFiles({ path: `${stage}/${below}`, query: "*.?sv", pageSize: MOST, pageToken }, { signal })
            .catch(() => ({ files: [], nextPageToken: "" })); // not made yet, or given up
          found.push(...page.files.map((file) => file.path.slice(stage.length + 1)));
          pageToken = page.nextPageToken;
          if (!pageToken) break;
        }
      }
      return found.filter((file) => /\.(csv|tsv)$/i.test(file)).slice(0, MOST);
    },
  });
}
