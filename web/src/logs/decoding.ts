// Bytes of a log as text, in which nothing is hidden: what is no UTF-8, controls, and characters that turn or hide others.

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** A byte that is no UTF-8 stands as a lone surrogate, which no UTF-8 can say: 0xDC00 + the byte. */
const LONE = 0xdc00;

/** Text of `bytes`; those that are no UTF-8 become lone surrogates, which `hidden` names. */
export function decoded(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    return piecemeal(bytes);
  }
}

function piecemeal(bytes: Uint8Array<ArrayBuffer>): string {
  const parts: string[] = [];
  let begun = 0;
  let at = 0;
  while (at < bytes.length) {
    const size = sequence(bytes, at);
    if (size > 0) {
      at += size;
      continue;
    }
    if (at > begun) parts.push(STRICT.decode(bytes.subarray(begun, at)));
    parts.push(String.fromCharCode(LONE + (bytes[at] as number)));
    at += 1;
    begun = at;
  }
  if (at > begun) parts.push(STRICT.decode(bytes.subarray(begun, at)));
  return parts.join("");
}

/** How long the character at `at` is; 0 for what is none. */
function sequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const size = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (size === 0 || first >= 0xf5) return 0;
  for (let place = 1; place < size; place++) {
    const byte = bytes[at + place];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] as number;
  const tooLong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const surrogate = first === 0xed && second >= 0xa0;
  const beyond = first === 0xf4 && second >= 0x90;
  return tooLong || surrogate || beyond ? 0 : size;
}

/** Characters that are not seen as they are, but for the tab: controls, invisible ones, and those that turn what follows. */
export const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\u034f|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g;

const NAMES: Record<number, string> = {
  27: "ESC",
  127: "DEL",
  173: "SHY",
  8203: "ZWSP",
  8204: "ZWNJ",
  8205: "ZWJ",
  8206: "LRM",
  8207: "RLM",
  8234: "LRE",
  8235: "RLE",
  8236: "PDF",
  8237: "LRO",
  8238: "RLO",
  8294: "LRI",
  8295: "RLI",
  8296: "FSI",
  8297: "PDI",
  65279: "BOM",
};

/** What stands for a hidden character: `\x00` for a byte, `RLO` for an override, `U+200D` for the rest. */
export function named(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code >= LONE + 0x80 && code <= LONE + 0xff) return `\\x${(code - LONE).toString(16).padStart(2, "0")}`;
  if (NAMES[code]) return NAMES[code];
  return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : `U+${hex.padStart(4, "0")}`;
}
