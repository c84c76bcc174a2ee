import { defineConfig } from "vite";

// One file without a hash in its name: it is the address that shops embed, and
// the server gives it an ETag. The build has no date and no path in it, so the
// same source gives the same bytes.
export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2020",
    outDir: "dist",
    emptyOutDir: true,
    sourcemap: false,
    reportCompressedSize: true,
    lib: { entry: "src/main.tsx", formats: ["iife"], name: "TributaryWidget", fileName: () => "widget.js" },
  },
});
