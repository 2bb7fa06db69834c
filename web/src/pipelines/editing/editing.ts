// A pipeline file while a person changes it, and others may too: what it began from, what it is now, what others made of it.
// Nobody's work is lost without their saying so.

/** A text as the cluster knows it, at a revision. */
export interface Base {
  text: string;
  revision: bigint;
}

export interface Editing {
  text: string;
  /** What the changes are against. */
  base: Base;
  /** What somebody else made of it meanwhile: to be dealt with before it can be saved. */
  theirs?: Base;
}

/** What was kept of changes that were not saved. */
export interface Draft {
  text: string;
  base: Base;
  /** Milliseconds. */
  time: number;
}

export const changed = ({ text, base }: Editing): boolean => text !== base.text;

/** Begins with a draft where there is one that says something else than what is known now. */
export function opened(base: Base, draft?: Draft): Editing {
  if (!draft || draft.text === base.text) return { text: base.text, base };
  if (draft.base.revision === base.revision) return { text: draft.text, base };
  if (draft.text === draft.base.text) return { text: base.text, base };
  return { text: draft.text, base: draft.base, theirs: base };
}

export const typed = (editing: Editing, text: string): Editing => ({ ...editing, text });

/** The cluster has told what it is now. Who has changed nothing sees it; who has is told that there is something else. */
export function told(editing: Editing, now: Base): Editing {
  if (now.revision === editing.base.revision || now.revision === editing.theirs?.revision) return editing;
  if (!changed(editing) || editing.text === now.text) return { text: now.text, base: now };
  // Something else about it has changed, not what it says.
  if (now.text === editing.base.text) return { text: editing.text, base: now };
  return { ...editing, theirs: now };
}

/** What was saved is what there is now, as it was written out. */
export const saved = (now: Base): Editing => ({ text: now.text, base: now });

/** Theirs it is. */
export const takeTheirs = (editing: Editing): Editing => (editing.theirs ? saved(editing.theirs) : editing);

/** Mine goes on theirs: what I save now replaces what they made, as the next version. */
export const keepMine = ({ text, base, theirs }: Editing): Editing => ({ text, base: theirs ?? base });

/** All that was changed is taken back. */
export const discarded = (editing: Editing): Editing => saved(editing.theirs ?? editing.base);

/** What a person who writes a new one begins with. */
export const BEGINNING = `name: my-pipeline
description: What it is for, for people.

stages:
  - name: first
    image: busybox
    arguments: [echo, hello]
`;
