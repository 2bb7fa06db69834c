// A link to a directory among the files, or to a file in it; whatever is in its name.
import { Anchor, type AnchorProps } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props extends AnchorProps {
  /** The directory, the contract's. */
  path: string;
  /** The file that is looked at, from there. */
  open?: string;
  children: ReactNode;
  tabIndex?: number;
  title?: string;
  "aria-label"?: string;
}

export function BrowseLink({ path, open, ...props }: Props) {
  const search = open ? { open } : {};
  return (
    <Anchor
      size="sm"
      {...props}
      renderRoot={(given) => <Link to="/browse/$" params={{ _splat: path }} search={search} {...given} />}
    />
  );
}
