import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import { listTexts, trimPlot } from "./scripts/smaller";

/** What all files may have together, compressed: the binary carries them, and a page loads most of them. */
const MOST_BYTES = 120_000;

function size(): Plugin {
  let directory = "";
  return {
    name: "size",
    apply: "build",
    configResolved: ({ root, build }) => void (directory = resolve(root, build.outDir)),
    closeBundle() {
      const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const sizes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name)), { level: 9 }).length);
      const bytes = sizes.reduce((sum, one) => sum + one, 0);
      console.info(`${bytes} of ${MOST_BYTES} bytes, compressed`);
      if (bytes >= MOST_BYTES) throw new Error("the console has become too large");
    },
  };
}

/** The admin listener that `npm run dev` forwards to. */
const gateway = process.env.FNGATE_ADMIN ?? "http://127.0.0.1:9901";

export default defineConfig({
  base: "/console/",
  plugins: [trimPlot(), listTexts(), size()],
  // Chinese texts as they are, not as six characters each.
  esbuild: {
    charset: "utf8",
    legalComments: "none",
    // Shorter than calls of `jsx`, each with `children`.
    jsx: "transform",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    jsxInject: 'import { h, Fragment } from "preact"',
  },
  build: {
    target: "es2022",
    minify: "terser",
    terserOptions: {
      ecma: 2020,
      module: true,
      // Functions before everything else: texts are next to each other then, which gzip likes.
      compress: { passes: 3, hoist_funs: true, inline: 1, unsafe_arrows: true },
      format: { comments: false },
    },
    outDir: "dist",
    // One script and one style sheet: a page that stays open over an upgrade has all that it needs.
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: { output: { inlineDynamicImports: true } },
  },
  server: {
    proxy: {
      "/v1": {
        target: gateway,
        changeOrigin: true,
        configure: (proxy) =>
          // The gateway refuses pages of other origins; this one is a developer's own.
          proxy.on("proxyReq", (request) => ["origin", "sec-fetch-site"].forEach((name) => request.removeHeader(name))),
      },
    },
  },
});
