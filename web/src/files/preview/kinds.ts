// How a file is best looked at, by what its name promises. Pure; what a name promises is not always kept.

/** `unknown`: a look at its first bytes says whether it is text. `facts`: nothing to see but what it is. */
export type Look = "picture" | "video" | "audio" | "table" | "tree" | "text" | "unknown" | "facts";

const TEXTS =
  /\.(txt|text|log|md|markdown|rst|ya?ml|toml|ini|cfg|conf|env|py|ipynb|js|mjs|ts|tsx|jsx|css|html?|xml|svg|sh|bash|sql|c|h|cc|cpp|hpp|rs|go|java|kt|rb|r|jl|lua|m|tex|srt|vtt|diff|patch|jsonl|ndjson|dockerfile|makefile|list|m3u8?)$/i;
const TREES = /\.(json|geojson|topojson)$/i;
const TABLES = /\.(csv|tsv)$/i;
const CLOSED =
  /\.(pdf|zip|gz|tgz|bz2|xz|zst|tar|7z|rar|exe|dll|so|bin|pt|pth|onnx|h5|hdf5|npy|npz|parquet|sqlite|db|whl)$/i;

/** The largest file that is taken apart as JSON, in bytes: a browser has no longer texts. A larger one is shown as text. */
const TREE_MAX = 256 * 2 ** 20;

export function lookOf({ baseName, mediaType, size }: { baseName: string; mediaType: string; size: bigint }): Look {
  if (TABLES.test(baseName)) return "table";
  if (TREES.test(baseName) || mediaType === "application/json") return size <= TREE_MAX ? "tree" : "text";
  const [kind] = mediaType.split("/");
  if (kind === "image" || /\.(webp|avif)$/i.test(baseName)) return "picture";
  if (kind === "video" || /\.(mkv|mp4|m4v|webm|mov|avi|ogv)$/i.test(baseName)) return "video";
  if (kind === "audio") return "audio";
  if (kind === "text" || TEXTS.test(baseName) || baseName === "log") return "text";
  return CLOSED.test(baseName) ? "facts" : "unknown";
}

/** Whether a small picture can be had of it. */
export const hasThumbnail = (file: { baseName: string; mediaType: string; size: bigint }): boolean => {
  const look = lookOf(file);
  return (look === "picture" || look === "video") && file.size > 0n;
};

/** Whether bytes from a file's beginning are text: no zero among them, and UTF-8, or nearly all of them printable. */
export function seemsText(bytes: Uint8Array): boolean {
  if (bytes.length >= 2 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)))
    return true;
  if (bytes.includes(0)) return false;
  const odd = bytes.reduce((count, byte) => count + (byte < 9 || (byte > 13 && byte < 32 && byte !== 27) ? 1 : 0), 0);
  return odd <= bytes.length / 100;
}
