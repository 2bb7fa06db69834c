// What addresses may say behind their question mark. People edit them by hand, so whatever makes no sense is left out.

type Search = Record<string, unknown>;

/** Those of `keys` that are texts with something in them. */
function texts<Key extends string>(search: Search, ...keys: Key[]): { [Each in Key]?: string } {
  const said = keys.flatMap((key) => {
    const value = search[key];
    return typeof value === "string" && value ? [[key, value] as const] : [];
  });
  return Object.fromEntries(said) as { [Each in Key]?: string };
}

/** As `texts`, also of what the router read as numbers. */
function values<Key extends string>(search: Search, ...keys: Key[]): { [Each in Key]?: string } {
  const said = keys.flatMap((key) => {
    const value = search[key];
    return value !== "" && isValue(value) ? [[key, String(value)] as const] : [];
  });
  return Object.fromEntries(said) as { [Each in Key]?: string };
}

/** `key`, where it is one of `allowed`. */
function words<Key extends string, Word extends string>(search: Search, key: Key, ...allowed: Word[]) {
  const value = allowed.find((word) => word === search[key]);
  return (value ? { [key]: value } : {}) as { [Each in Key]?: Word };
}

/** All that begin with `prefix`; they may be empty. */
function beginning<Prefix extends string>(
  search: Search,
  prefix: Prefix,
): Partial<Record<`${Prefix}${string}`, string>> {
  const said = Object.entries(search).filter(([key, value]) => key.startsWith(prefix) && isValue(value));
  return Object.fromEntries(said.map(([key, value]) => [key, String(value)])) as Partial<
    Record<`${Prefix}${string}`, string>
  >;
}

const isValue = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);

export const projects = (search: Search) =>
  values(search, "text", "tag", "state", "pipeline", "author", "group", "order", "view");
export const welcome = (search: Search) => words(search, "try", "example");
export const newProject = (search: Search) => texts(search, "pipeline");
export const project = (search: Search) => texts(search, "tab", "run", "stage", "sweep", "open");
export const stage = (search: Search) => values(search, "tab", "line", "find", "with");
/**
 * `at`: definitions with commas between them. `parent`: a stage's id, or `zeroth`. `redo`: a stage's id. What else is there
 * fills in the form of the first stage, once: `memory=4GiB`, `env.NAME=value`, `sweep.NAME=10,25`.
 */
export const startRun = (search: Search) => ({
  ...texts(search, "at", "parent", "redo", "comment"),
  ...words(search, "mode", "one", "on"),
  ...values(search, "image", "cpus", "memory", "gpus"),
  ...beginning(search, "env."),
  ...beginning(search, "sweep."),
});
export const gate = (search: Search) => texts(search, "with", "tab", "file", "back");
export const sweep = (search: Search) => texts(search, "order", "result", "over");
export const compare = (search: Search) => texts(search, "before", "after", "tab", "file");
export const files = (search: Search) => values(search, "open", "find");
export const pipeline = (search: Search) => values(search, "tab", "stage", "version", "against");
export const pipelines = (search: Search) => values(search, "text");
export const projectPipeline = (search: Search) => values(search, "tab", "stage", "version");
export const nodes = (search: Search) => values(search, "text", "tag", "state", "order");
export const node = (search: Search) => texts(search, "span");
export const queue = (search: Search) => values(search, "show", "text", "why");
export const statistics = (search: Search) => texts(search, "span", "group", "project", "work");
export const settings = (search: Search) => texts(search, "tab");
