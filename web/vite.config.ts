import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { unstyled } from "./unstyled.ts";

// A daemon with the setting `http` serves everything else while pages are worked on: WINSLOW=http://127.0.0.1:7412 npm run dev
const daemon = process.env.WINSLOW ?? "http://127.0.0.1:7412";
const SERVED = ["/winslow.v1.", "/files", "/uploads", "/archive", "/logs/projects", "/example"];

const OUT = "../winslowd/gateway/ui";
const WORTH_PACKING = 1024;

/** Beside each file one packed as well as can be, once and here: a daemon would take seconds for it. */
const packed = (): Plugin => ({
  name: "packed",
  apply: "build",
  closeBundle() {
    for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(path)) continue;
      const content = readFileSync(path);
      if (content.length > WORTH_PACKING) writeFileSync(`${path}.br`, brotliCompressSync(content));
    }
  },
});

export default defineConfig({
  plugins: [react(), unstyled(), packed()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2023",
    // Placing menus and hints comes with the first of them, and not with what every page begins with.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "placing", test: /node_modules\/@floating-ui/ }] } },
    },
    cssCodeSplit: false, // all of it is little, and a part is there, or not, in one piece
    assetsInlineLimit: 0, // the pages' policy forbids data: scripts and fonts
  },
  server: {
    fs: { allow: [".", "../winslow/pipelinefile"] }, // the schema of pipelines is the parser's own
    // The daemon is asked in the name of this server: it refuses pages that come from elsewhere.
    proxy: Object.fromEntries(SERVED.map((path) => [path, { target: daemon, changeOrigin: false }])),
  },
});
