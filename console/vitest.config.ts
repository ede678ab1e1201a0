import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One gateway and one browser at a time: figures of time are part of it.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
