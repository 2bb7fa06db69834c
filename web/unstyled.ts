// Leaves out the styles of components that no page draws: a fifth of all, on the first page. A build fails that draws one of them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const ALL = "@mantine/core/styles.css";
const UNDRAWN = [
  ..."AngleSlider Avatar Blockquote Cascader ColorInput ColorPicker ColorSwatch DataList Dialog EmptyState".split(" "),
  ..."Indicator Marquee Menubar Pagination PinInput Rating RollingNumber Scroller SemiCircleProgress Spoiler".split(
    " ",
  ),
  ..."Splitter Stepper TableOfContents Timeline Toolbar Tour Tree TreeSelect Typography".split(" "),
];

export const unstyled = (): Plugin => ({
  name: "unstyled",
  apply: "build",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith(ALL)) return null;
    return UNDRAWN.reduce((styles, name) => without(styles, name), code);
  },
  generateBundle(_, bundle) {
    const drawn = Object.values(bundle).flatMap((chunk) =>
      chunk.type === "chunk" ? Object.entries(chunk.modules) : [],
    );
    for (const [id, { renderedLength }] of drawn) {
      const name = /@mantine\/core\/esm\/components\/(\w+)\//.exec(id)?.[1];
      if (name && renderedLength > 0 && UNDRAWN.includes(name)) {
        this.error(`${name} is drawn: take it off the list in unstyled.ts, or it has no styles`);
      }
    }
  },
});

function without(styles: string, name: string): string {
  const path = fileURLToPath(import.meta.resolve(`@mantine/core/styles/${name}.css`));
  const its = readFileSync(path, "utf8").trim();
  if (!styles.includes(its)) throw new Error(`the styles of ${name} are not among all: look at ${ALL}`);
  return styles.replace(its, "");
}
