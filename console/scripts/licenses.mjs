// Writes the licences of what the console contains to public/licenses.txt, which goes along with its pages.
import { readFile, readdir, writeFile } from "node:fs/promises";

const PACKAGES = ["preact", "@preact/signals", "@preact/signals-core", "preact-iso", "uplot"];
const modules = new URL("../node_modules/", import.meta.url);

async function notice(name) {
  const directory = new URL(`${name}/`, modules);
  const { version } = JSON.parse(await readFile(new URL("package.json", directory), "utf8"));
  const file = (await readdir(directory)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence`);
  const text = await readFile(new URL(file, directory), "utf8");
  return `== ${name} ${version} ==\n\n${text.trim()}\n`;
}

const notices = await Promise.all(PACKAGES.map(notice));
await writeFile(new URL("../public/licenses.txt", import.meta.url), ["The console contains these programs.\n", ...notices].join("\n"));
