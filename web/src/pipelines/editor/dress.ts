// How text in an editor looks: in the colours of everything else, so that it follows the scheme without being told.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colour = (name: string) => `var(--mantine-color-${name})`;
const MUTED = "light-dark(var(--mantine-color-gray-7), var(--mantine-color-dark-1))";

const words = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: colour("teal-text"), fontWeight: "500" },
  { tag: [tags.string, tags.special(tags.string)], color: "light-dark(#8a3b12, #f0b18a)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "light-dark(#5f3dc4, #b197fc)" },
  { tag: [tags.comment, tags.lineComment], color: MUTED, fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: MUTED },
]);

const box = EditorView.theme({
  "&": { fontSize: "13px", color: colour("text"), backgroundColor: colour("body"), height: "100%" },
  "&.cm-focused": { outline: `2px solid ${colour("teal-filled")}`, outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.55" },
  ".cm-content": { caretColor: colour("text") },
  ".cm-cursor": { borderLeftColor: colour("text") },
  ".cm-gutters": { backgroundColor: "transparent", color: MUTED, border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "light-dark(#f6f8fa, #2a2a2a)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "light-dark(#c3ebe6, #14524b)",
  },
  ".cm-tooltip, .cm-panels": {
    backgroundColor: colour("body"),
    color: colour("text"),
    border: `1px solid ${colour("default-border")}`,
    borderRadius: "var(--mantine-radius-sm)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: colour("teal-filled"),
    color: "light-dark(white, black)",
  },
  ".cm-completionInfo": { padding: "6px 10px", maxWidth: "320px", fontFamily: "var(--mantine-font-family)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.8", paddingInlineStart: "6px" },
  // What is wrong is marked without pictures: the pages' policy takes none that are written into a style.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy light-dark(#c92a2a, #ff8787)" },
  ".cm-lint-marker-error": {
    content: "normal",
    width: "0.7em",
    height: "0.7em",
    margin: "0.3em 0.1em",
    borderRadius: "50%",
    backgroundColor: "light-dark(#c92a2a, #ff8787)",
  },
  ".cm-diagnostic": { fontFamily: "var(--mantine-font-family)", padding: "6px 10px" },
  ".cm-tip": { fontFamily: "var(--mantine-font-family)", fontSize: "13px", padding: "6px 10px", maxWidth: "360px" },
  ".cm-foldPlaceholder, .cm-collapsedLines": {
    background: colour("default-hover"),
    color: colour("text"),
    border: "none",
  },
  // Its own marks are of a font that few have.
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "'…'" },
  ".cm-deletedChunk": { backgroundColor: "light-dark(#ffe3e3, #4a1d1d)" },
  ".cm-changedLine": { backgroundColor: "light-dark(#e6f7ee, #173626)" },
  "&.cm-merge-a .cm-changedLine": { backgroundColor: "light-dark(#ffecec, #4a1d1d)" },
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": { background: "light-dark(#ffd6d6, #632020)" },
  "&.cm-merge-b .cm-changedText": { background: "light-dark(#cdf6df, #17472b)" },
});

export const dress = [box, syntaxHighlighting(words)];
