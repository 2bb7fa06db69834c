// Charts of what a log says: what the pipeline's log parsers find, and what a person looks for.
import { Button, Group, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Empty } from "../parts/Empty.tsx";
import { LogChart } from "./LogChart.tsx";
import { type LogSpec, meant } from "./specs.ts";

interface Props {
  stages: readonly string[];
  specs: readonly LogSpec[];
  parsers: readonly { name: string; pattern: string }[];
  wake: number;
  onChange: (specs: LogSpec[]) => void;
}

export function LogCharts({ stages, specs, parsers, wake, onChange }: Props) {
  const [written, write] = useState("");
  const add = (pattern: string) => {
    if (pattern && !specs.some((spec) => spec.pattern === pattern)) onChange([...specs, { pattern, over: "" }]);
  };
  const offered = parsers.filter(({ pattern }) => !specs.some((spec) => spec.pattern === pattern));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add(meant(written));
    write("");
  };
  return (
    <>
      {specs.length === 0 ? (
        <Empty title="Draw what the log says">
          Name a number that the stage writes, for instance loss, or say it by a regular expression with named groups.
        </Empty>
      ) : null}
      {specs.map((spec, place) => (
        <LogChart
          key={spec.pattern}
          spec={spec}
          stages={stages}
          wake={wake}
          onChange={(next) => onChange(specs.map((one, index) => (index === place ? next : one)))}
          onRemove={() => onChange(specs.filter((_, index) => index !== place))}
        />
      ))}
      <form onSubmit={submit}>
        <Group gap="xs" align="end">
          <TextInput
            flex={1}
            miw={220}
            maw={520}
            size="xs"
            label="Draw"
            placeholder="loss, or step (?P<step>\d+) loss=(?P<loss>\S+)"
            value={written}
            onChange={(event) => write(event.currentTarget.value)}
          />
          <Button type="submit" size="xs" variant="default" disabled={!written.trim()}>
            Add a chart
          </Button>
          {offered.map(({ name, pattern }) => (
            <Button key={name} size="xs" variant="light" title={pattern} onClick={() => add(pattern)}>
              {name}
            </Button>
          ))}
        </Group>
      </form>
    </>
  );
}
