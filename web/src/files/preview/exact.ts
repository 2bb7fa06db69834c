// Numbers of JSON as they were written, since many are more precise than JavaScript's. Pure.

/** A number that JavaScript would say otherwise than the file does. */
export class Exact {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

/** Throws SyntaxError for what is no JSON. */
export function parsed(text: string): unknown {
  const exact: Reviver = (_key, value, context) =>
    typeof value === "number" && context?.source && !Number.isSafeInteger(value) && String(value) !== context.source
      ? new Exact(context.source)
      : value;
  return JSON.parse(text, exact as (this: unknown, key: string, value: unknown) => unknown);
}
