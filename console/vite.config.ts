import { defineConfig } from "vite";

/** The admin listener that `npm run dev` forwards to. */
const gateway = process.env.FNGATE_ADMIN ?? "http://127.0.0.1:9901";

export default defineConfig({
  base: "/console/",
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
    terserOptions: { ecma: 2020, module: true, compress: { passes: 3, ecma: 2020 }, format: { comments: false, ecma: 2020 } },
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
