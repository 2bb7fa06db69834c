// The schema of pipeline files, as an editor asks it: what may stand where, and what it means. It is the file that the parser
// itself reads, so that what is proposed and what is taken cannot drift apart.
import published from "../../../../winslow/pipelinefile/schema.json";

export interface Schema {
  type?: string | readonly string[];
  description?: string;
  default?: unknown;
  enum?: readonly string[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
}

/** Keys of mappings; numbers are places in lists. */
export type Path = readonly (string | number)[];

export const PIPELINE: Schema = published;

/** What a reference leads to, with what is said beside the reference before what is said there. */
export function resolved(schema: Schema): Schema {
  const { $ref, ...own } = schema;
  const target = $ref ? PIPELINE.$defs?.[$ref.replace("#/$defs/", "")] : undefined;
  return target ? { ...resolved(target), ...own } : own;
}

/** What may stand at `path`; undefined where nothing may. */
export function schemaAt(path: Path): Schema | undefined {
  let here: Schema | undefined = resolved(PIPELINE);
  for (const part of path) {
    let next: Schema | undefined;
    if (typeof part === "number") next = here.items;
    else
      next =
        here.properties?.[part] ??
        (typeof here.additionalProperties === "object" ? here.additionalProperties : undefined);
    if (!next) return undefined;
    here = resolved(next);
  }
  return here;
}

export const isA = (schema: Schema, type: string): boolean =>
  Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type;

/** What a schema says of itself, with its values and what holds when it is left out. */
export function described(schema: Schema): string {
  const said = [schema.description ?? ""];
  if (schema.enum) said.push(`One of ${schema.enum.join(", ")}.`);
  if (schema.default !== undefined) said.push(`Default: ${shown(schema.default)}.`);
  return said.filter(Boolean).join(" ");
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : String(value));
