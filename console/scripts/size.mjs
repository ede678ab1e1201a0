// How large the build is for a browser: all its files, compressed.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const sizes = files.map(({ parentPath, name }) => gzipSync(readFileSync(`${parentPath}/${name}`), { level: 9 }).length);
const total = sizes.reduce((sum, size) => sum + size, 0);
console.log(`${total} bytes, compressed`);
if (total >= 120_000) throw new Error("the console has to stay below 120,000 bytes");
