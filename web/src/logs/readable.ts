// Colours that a log chose by numbers, as near to them as can be read on our ground.

/** WCAG's contrast for text. */
const ENOUGH = 4.6;
const [WHITE, BLACK] = [1, luminance([0x16, 0x18, 0x1b])];

type Rgb = readonly [number, number, number];

/** `rgb(R G B)` as a colour for either scheme. */
export function readable(colour: string): string {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  const rgb: Rgb = [red, green, blue];
  return `light-dark(${css(moved(rgb, 0, WHITE))}, ${css(moved(rgb, 255, BLACK))})`;
}

/** Moved towards black (0) or white (255) until it stands out from a ground of that luminance. */
function moved(rgb: Rgb, towards: number, ground: number): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = rgb.map((one) => Math.round(one + (towards - one) * share)) as unknown as Rgb;
    if (contrast(luminance(mixed), ground) >= ENOUGH) return mixed;
  }
  return [towards, towards, towards];
}

export function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

export function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const css = ([red, green, blue]: Rgb) => `rgb(${red} ${green} ${blue})`;
