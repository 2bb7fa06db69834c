// The editor of pipeline files. Loaded when one is opened: an editor is large. Tab leaves it, so that nobody who uses the
// keyboard is caught; where something is proposed, Tab takes it.
import { acceptCompletion, autocompletion, type Completion, startCompletion } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { Problem } from "../../api/winslow/v1/common_pb.ts";
import { writing } from "./basics.ts";
import { type Known, type Proposal, proposed } from "./completing.ts";
import { keyAt } from "./place.ts";
import { spotOf, told } from "./problems.ts";
import { described, schemaAt } from "./schema.ts";

export interface CodeProps {
  value: string;
  label: string;
  /** Left out for what is only read. */
  onChange?: (value: string) => void;
  /** Called on Ctrl+S, or Cmd+S. */
  onSave?: () => void;
  problems?: readonly Problem[];
  known?: Known;
  /** Another object each time one goes to a place: a line, counted from 1. */
  goTo?: { line: number; column: number } | undefined;
}

const NOTHING: Known = { images: [], tags: [] };

export function Code(props: CodeProps) {
  const { value, onChange, problems, goTo } = props;
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | undefined>(undefined);
  const now = useRef(props);
  const fixed = useRef(new Compartment());
  const readOnly = !onChange;
  useEffect(() => {
    now.current = props;
  });
  useEffect(() => {
    if (!place.current) return;
    const view = new EditorView({
      parent: place.current,
      doc: now.current.value,
      extensions: [
        Prec.high(keymap.of([{ key: "Mod-s", preventDefault: true, run: () => !now.current.onSave?.() }])),
        Prec.high(keymap.of([{ key: "Tab", run: acceptCompletion }])),
        writing,
        yaml(),
        lintGutter(),
        autocompletion({ override: [(context) => complete(context, now.current.known ?? NOTHING)], icons: false }),
        hoverTooltip(explained),
        EditorView.contentAttributes.of({ "aria-label": now.current.label, tabindex: "0" }),
        fixed.current.of(EditorState.readOnly.of(!now.current.onChange)),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((one) => one.isUserEvent("told"))) {
            now.current.onChange?.(update.state.doc.toString());
          }
        }),
      ],
    });
    editor.current = view;
    return () => view.destroy();
  }, []);
  useEffect(() => {
    const view = editor.current;
    if (!view || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value }, userEvent: "told" });
  }, [value]);
  useEffect(() => {
    editor.current?.dispatch({ effects: fixed.current.reconfigure(EditorState.readOnly.of(readOnly)) });
  }, [readOnly]);
  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const text = view.state.doc.toString();
    const marks = (problems ?? []).map((problem) => {
      return { ...spotOf(problem, text), severity: "error" as const, message: told(problem) };
    });
    view.dispatch(setDiagnostics(view.state, marks));
  }, [problems]);
  useEffect(() => {
    const view = editor.current;
    if (!view || !goTo) return;
    const { from } = spotOf(goTo, view.state.doc.toString());
    view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    view.focus();
  }, [goTo]);
  return <div ref={place} style={{ height: "100%" }} />;
}

function complete(context: { state: EditorState; pos: number; explicit: boolean }, known: Known) {
  const found = proposed(context.state.doc.toString(), context.pos, known);
  if (!found || (!context.explicit && found.from === context.pos && !worthOffering(context))) return null;
  return {
    from: found.from,
    options: found.proposals.map((one, index) => ({ ...option(one), boost: boostOf(one, index) })),
    validFor: /^[\w.:/@-]*$/,
  };
}

/** In the schema's order, what is needed first. */
const boostOf = ({ detail }: Proposal, index: number) => (detail === "needed" ? 99 : Math.max(-99, 50 - index));

/** Unasked, something is proposed only after a letter, a blank behind a colon or a dash, or an opened bracket. */
function worthOffering({ state, pos }: { state: EditorState; pos: number }): boolean {
  const { from, text } = state.doc.lineAt(pos);
  return /[:,-]\s+$|[[{]\s*$/.test(text.slice(0, pos - from));
}

function option({ label, apply, detail, info, kind }: Proposal): Completion {
  return {
    label,
    type: kind,
    ...(detail ? { detail } : {}),
    ...(info ? { info } : {}),
    apply: (view, _, from, to) => {
      const at = apply.indexOf("$");
      const insert = apply.replace("$", "");
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + (at < 0 ? insert.length : at) },
        userEvent: "input.complete",
      });
      if (kind === "property") startCompletion(view);
    },
  };
}

/** What a key means, for who points at it. */
function explained(view: EditorView, offset: number) {
  const key = keyAt(view.state.doc.toString(), offset);
  const schema = key && schemaAt(key.path);
  if (!key || !schema) return null;
  const said = described(schema);
  if (!said) return null;
  return {
    pos: key.from,
    end: key.to,
    above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "cm-tip";
      dom.textContent = said;
      return { dom };
    },
  };
}
