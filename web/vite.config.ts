import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// A daemon with the setting `http` serves everything else while pages are worked on: WINSLOW=http://127.0.0.1:7412 npm run dev
const daemon = process.env.WINSLOW ?? "http://127.0.0.1:7412";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../winslowd/gateway/ui",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0, // the pages' policy forbids data: scripts and fonts
  },
  server: {
    proxy: Object.fromEntries(["/winslow.v1.", "/files", "/uploads", "/archive"].map((path) => [path, daemon])),
  },
});
