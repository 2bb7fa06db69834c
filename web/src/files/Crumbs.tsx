// Where among the files one is, each step a link onto which files can be dragged.
import { Breadcrumbs, Text } from "@mantine/core";
import { BrowseLink } from "./BrowseLink.tsx";
import { useCalled } from "./called.ts";
import classes from "./files.module.css";
import { parts, shown } from "./paths.ts";
import { useDropTarget } from "./useDropTarget.ts";

export function Crumbs({ path }: { path: string }) {
  const names = parts(path);
  const steps = [
    { path: "", name: "Files" },
    ...names.map((name, index) => ({ path: names.slice(0, index + 1).join("/"), name })),
  ];
  return (
    <Breadcrumbs component="nav" aria-label="Where among the files" separatorMargin={4} className={classes.crumbs}>
      {steps.map((step, index) => (
        <Crumb key={step.path} {...step} here={index === steps.length - 1} />
      ))}
    </Breadcrumbs>
  );
}

function Crumb({ path, name, here }: { path: string; name: string; here: boolean }) {
  const called = useCalled()(path);
  const target = useDropTarget(path);
  const word = called ?? shown(name);
  const title = shown(path);
  if (here) {
    return (
      <Text size="sm" fw={600} aria-current="location" title={title} truncate="end" maw="60vw">
        {word}
      </Text>
    );
  }
  return (
    <span {...target} className={classes.target}>
      <BrowseLink path={path} title={title}>
        {word}
      </BrowseLink>
    </span>
  );
}
