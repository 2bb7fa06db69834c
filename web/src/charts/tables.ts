// Columns of CSV files as numbers: read in pieces, and of a very large one only its beginning.
import Papa from "papaparse";
import { failureOf } from "../files/preview/ranges.ts";
import { fileAddress } from "../parts/names.ts";
import { added, noRows, type Rows } from "./rows.ts";

/** Bytes of a file that are drawn. */
export const READ_MAX = 32 << 20;
const PIECE = 2 << 20;
const HEAD = 64 << 10;

export interface Head {
  columns: string[];
  /** Those that have numbers. */
  numbers: string[];
}

/** What a file's first rows say of its columns. */
export function headOf(text: string): Head {
  const parsed = Papa.parse<string[]>(text, { preview: 60, skipEmptyLines: "greedy" });
  const [first = [], ...rest] = parsed.data;
  const named = first.some((cell) => cell.trim() !== "" && Number.isNaN(Number(cell)));
  const rows = named ? rest : parsed.data;
  const columns = unique(
    named ? first.map((cell, place) => cell.trim() || `column ${place + 1}`) : numbered(first.length),
  );
  const numbers = columns.filter((_, place) => rows.some((row) => !Number.isNaN(numeric(row[place]))));
  return { columns, numbers };
}

/** A cell as a number; NaN for what is none. */
export const numeric = (cell: string | undefined): number =>
  cell === undefined || cell.trim() === "" ? Number.NaN : Number(cell);

const numbered = (count: number) => Array.from({ length: count }, (_, place) => `column ${place + 1}`);

function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

export interface TableRead {
  head: Head;
  rows: Rows;
  /** Bytes of the file, and whether only its beginning was read. */
  size: number;
  cut: boolean;
}

/** Takes pieces of a file's text and keeps the wanted columns. */
export class Columns {
  head: Head | undefined;
  rows: Rows = noRows();
  #rest = "";
  readonly #wanted: (head: Head) => readonly string[];
  #delimiter = "";
  #named = false;

  constructor(wanted: (head: Head) => readonly string[]) {
    this.#wanted = wanted;
  }

  take(text: string, last: boolean): void {
    const all = this.#rest + text;
    if (!this.head && !last && all.length < HEAD) {
      this.#rest = all; // what the columns are is told by more than a few rows
      return;
    }
    const end = last ? all.length : all.lastIndexOf("\n") + 1;
    this.#rest = all.slice(end);
    let body = all.slice(0, end);
    if (!body) return;
    if (!this.head) body = this.#begin(body);
    const parsed = Papa.parse<string[]>(body, { delimiter: this.#delimiter, skipEmptyLines: "greedy" });
    this.#keep(parsed.data);
  }

  #begin(body: string): string {
    this.head = headOf(body.slice(0, HEAD));
    const sample = Papa.parse<string[]>(body.slice(0, HEAD), { preview: 2, skipEmptyLines: "greedy" });
    this.#delimiter = sample.meta.delimiter;
    this.#named = (sample.data[0] ?? []).some((cell, place) => cell.trim() === this.head?.columns[place]);
    return this.#named ? body.slice(body.indexOf("\n") + 1) : body;
  }

  #keep(data: readonly string[][]): void {
    const head = this.head as Head;
    const wanted = this.#wanted(head);
    const columns = new Map(
      wanted.map((name) => {
        const place = head.columns.indexOf(name);
        return [name, data.map((row) => numeric(row[place]))];
      }),
    );
    this.rows = added(this.rows, new Array<number>(data.length).fill(Number.NaN), columns);
  }
}

/** The columns that `wanted` names of the file at `path`. */
export async function readTable(
  path: string,
  wanted: (head: Head) => readonly string[],
  signal: AbortSignal,
): Promise<TableRead> {
  const columns = new Columns(wanted);
  const decoder = new TextDecoder();
  let [read, size] = [0, Number.POSITIVE_INFINITY];
  while (read < Math.min(size, READ_MAX)) {
    const answer = await fetch(fileAddress(path), {
      headers: { Range: `bytes=${read}-${read + PIECE - 1}` },
      cache: "no-store",
      signal,
    });
    if (answer.status === 416) break;
    if (!answer.ok) throw await failureOf(answer);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    size = Number(answer.headers.get("Content-Range")?.split("/")[1] ?? bytes.length);
    read = answer.status === 206 ? read + bytes.length : size;
    const last = read >= size;
    columns.take(decoder.decode(bytes, { stream: !last }), last);
    if (bytes.length === 0) break;
  }
  return {
    head: columns.head ?? { columns: [], numbers: [] },
    rows: columns.rows,
    size: Number.isFinite(size) ? size : 0,
    cut: read < size && Number.isFinite(size),
  };
}
