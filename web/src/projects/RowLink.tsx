// A link in a long list: hundreds of them come and go while somebody scrolls, so that it knows its address and nothing else.
import { useRouter } from "@tanstack/react-router";
import { type MouseEvent, type ReactNode, useCallback } from "react";
import classes from "./projects.module.css";

interface Props {
  /** From the root on, each part of it escaped. */
  to: string;
  title?: string | undefined;
  light?: boolean;
  children: ReactNode;
}

export function RowLink({ to, title, light, children }: Props) {
  const { history } = useRouter();
  const go = useCallback(
    (event: MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return; // another tab or window is the browser's
      event.preventDefault();
      history.push(to);
    },
    [history, to],
  );
  return (
    <a href={to} title={title} className={classes.name} data-light={light || undefined} tabIndex={-1} onClick={go}>
      {children}
    </a>
  );
}
