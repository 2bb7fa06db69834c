// What may be written where the cursor is: keys and values of the schema, and names that this file or this cluster knows.
import { type Place, placeAt } from "./place.ts";
import { described, isA, type Path, resolved, type Schema, schemaAt } from "./schema.ts";

export interface Proposal {
  label: string;
  /** What is put in its place; where `$` stands in it, the cursor goes. */
  apply: string;
  detail: string;
  info: string;
  kind: "property" | "enum" | "variable" | "class" | "text";
}

/** What is known beside the file: images that nodes have, tags that they have. */
export interface Known {
  images: readonly string[];
  tags: readonly string[];
}

export interface Proposed {
  /** Where in the text what is proposed begins. */
  from: number;
  proposals: readonly Proposal[];
}

export function proposed(text: string, offset: number, known: Known): Proposed | undefined {
  const place = placeAt(text, offset);
  const schema = place && schemaAt(place.path);
  if (!place || !schema) return undefined;
  if (last(place.path) === "when" && place.kind === "value") return inCondition(text, place, offset);
  const proposals =
    place.kind === "key"
      ? [...keys(schema, place), ...values(schema, place, text, known)]
      : values(schema, place, text, known);
  return proposals.length ? { from: place.from, proposals } : undefined;
}

function keys(schema: Schema, place: Place): Proposal[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .filter(([key]) => !place.taken.includes(key))
    .map(([key, raw]) => {
      const value = resolved(raw);
      const apply = place.flow ? `${key}: ` : `${key}:${begun(value, place.indent)}`;
      return { label: key, apply, detail: required.has(key) ? "needed" : "", info: described(value), kind: "property" };
    });
}

/** What follows a key: a line of its own for what has keys or entries, the place for a value otherwise. */
function begun(value: Schema, indent: number): string {
  const deeper = `\n${" ".repeat(indent + 2)}`;
  const scalar = ["string", "integer", "number", "boolean"].some((type) => isA(value, type));
  if (isA(value, "array")) return resolved(value.items ?? {}).enum ? " [$]" : `${deeper}- $`;
  if (isA(value, "object") && !scalar) return `${deeper}$`;
  return " ";
}

function values(schema: Schema, { path, kind }: Place, text: string, known: Known): Proposal[] {
  if (kind === "key" && typeof last(path) !== "number") return [];
  const said = described(schema);
  const plain = (label: string, of: Proposal["kind"], detail = ""): Proposal => ({
    label,
    apply: label,
    detail,
    info: of === "enum" ? said : "",
    kind: of,
  });
  const usual = (value: string) => (value === String(schema.default) ? "default" : "");
  if (schema.enum) return schema.enum.map((value) => plain(value, "enum", usual(value)));
  if (schema.type === "boolean") return ["true", "false"].map((value) => plain(value, "enum", usual(value)));
  if (ofStage(path)) return stageNames(text).map((name) => plain(name, "class", "stage"));
  if (last(path) === "image") return known.images.map((image) => plain(image, "text", "on a node"));
  if (path.at(-2) === "tags") return known.tags.map((tag) => plain(tag, "text", "of a node"));
  if (path.at(-2) === "variables") return variables(text).map((name) => plain(name, "variable"));
  if (kind === "value" && schema.default !== undefined && typeof schema.default !== "object") {
    return [plain(String(schema.default), "enum", "default")];
  }
  return [];
}

/** Within a condition, the name that is being written. */
function inCondition(text: string, place: Place, offset: number): Proposed | undefined {
  const [name] = /[A-Za-z_.][A-Za-z0-9_.-]*$/.exec(place.written) ?? [""];
  const names = [...results(text).map((one) => `results.${one}`), ...variables(text).map((one) => `env.${one}`)];
  const proposals = names.map((label): Proposal => ({ label, apply: label, detail: "", info: "", kind: "variable" }));
  return { from: offset - name.length, proposals };
}

const last = (path: Path) => path.at(-1);
const ofStage = (path: Path) => path.at(-2) === "after" || (last(path) === "stage" && path.at(-3) === "after");

/** Names of the file's stages, in order. */
export function stageNames(text: string): string[] {
  const found = text.matchAll(/^\s*-\s+name:\s*["']?([a-z][a-z0-9-]*)["']?\s*(?:#.*)?$/gm);
  return unique([...found].map(([, name]) => name ?? ""));
}

/** Variables that the file gives, asks for or compares. */
function variables(text: string): string[] {
  const given = [...text.matchAll(/^\s+["']?([A-Z_][A-Z0-9_]*)["']?\s*:/gm)].map(([, name]) => name ?? "");
  const asked = [...text.matchAll(/\bvariables:\s*\[([^\]]*)\]/g)].flatMap(([, list]) =>
    (list ?? "").split(/[\s,"']+/),
  );
  return unique([...given, ...asked].filter((name) => /^[A-Za-z_]\w*$/.test(name)));
}

/** What log parsers find. */
function results(text: string): string[] {
  return unique([...text.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name]) => name ?? ""));
}

const unique = (names: readonly string[]) => [...new Set(names)];
