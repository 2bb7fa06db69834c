// Sizes as people write them into forms, read and written exactly as winslowctl does: 512MiB, 2G, 1.5GiB.
const UNITS: Record<string, bigint> = {
  "": 1n,
  k: 10n ** 3n,
  K: 10n ** 3n,
  M: 10n ** 6n,
  G: 10n ** 9n,
  T: 10n ** 12n,
  P: 10n ** 15n,
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
};
const WRITTEN = /^([0-9]{1,18})(?:\.([0-9]{1,9}))? ?(?:([kKMGTP]|[KMGTP]i)?B?)$/;

/** Bytes; undefined for what is no size. A fraction of a byte is dropped. */
export function parseSize(text: string): bigint | undefined {
  const found = WRITTEN.exec(text.trim());
  const unit = UNITS[found?.[3] ?? ""];
  if (!found || unit === undefined) return undefined;
  const fraction = found[2] ?? "";
  return (BigInt(`${found[1]}${fraction}`) * unit) / 10n ** BigInt(fraction.length);
}

/** The shortest exact way to write a size; "" for 0, which means none. */
export function writeSize(bytes: bigint): string {
  if (bytes === 0n) return "";
  const written = Object.entries(UNITS)
    .filter(([name, unit]) => name !== "K" && bytes % unit === 0n)
    .map(([name, unit]) => (name ? `${bytes / unit}${name}B` : String(bytes)));
  return written.reduce((best, one) => (one.length < best.length ? one : best));
}
