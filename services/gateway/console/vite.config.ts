import { defineConfig } from "vite";

// The build must give the same bytes everywhere: CI builds again and compares
// with the committed dist/. Nothing here may depend on time or machine.
export default defineConfig({
  base: "/",
  build: {
    outDir: "dist",
    target: "es2022",
    // A data: URL of a small asset would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": "http://127.0.0.1:8080",
      "/live": { target: "ws://127.0.0.1:8080", ws: true },
    },
  },
  test: { include: ["test/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
