import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/Empty.tsx";

/** An address that leads nowhere. */
export function Nowhere() {
  return (
    <Empty
      title="There is no such page"
      action={
        <Button component={Link} to="/projects">
          To the projects
        </Button>
      }
    >
      The address may be mistyped, or what it showed was deleted.
    </Empty>
  );
}
