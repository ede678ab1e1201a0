/** What the build leaves out, because a bundler cannot know that nothing uses it. */
import type { Plugin } from "vite";

/** Parts of uPlot that charts have no use for, and what stands there instead: nothing, or the constant that charts need. */
const UNUSED: [RegExp, string][] = [
  [/^uPlot\.(assign|fmtNum|range\w+|orient|sync) .*$/gm, ""],
  [/^\tuPlot\.(join|fmtDate|tzDate|addGap|clipGaps) .*$/gm, ""],
  [/^\t\(paths\.(stepped|bars|spline) .*$/gm, ""],
  // Time from left to right; 2 would be a scatter plot.
  [/(const|let) mode = self\.mode;/g, "const mode = 1;"],
  // Charts have their own labels of times.
  [/let isTime = .*/g, "const isTime = false;"],
  [/^(const \[ timeIncrs|\tconst _time).*;$/gm, ""],
  // The key of the lines is in the figure's caption.
  [/const showLegend = legend\.show;/g, "const showLegend = false;"],
];

export function trimPlot(): Plugin {
  return {
    name: "trim-plot",
    apply: "build",
    transform(code, id) {
      if (!id.endsWith("/uPlot.esm.js")) return undefined;
      for (const [part, instead] of UNUSED) {
        if (code.search(part) < 0) throw new Error(`this uPlot has no ${part}`);
        code = code.replace(part, instead);
      }
      return { code, map: null };
    },
  };
}

type Node = { type: string; start: number; end: number };
type Property = Node & { computed: boolean; key: Node & { name?: string; value?: unknown }; value: Node };
type Texts = Node & { properties: Property[] };
type Statement = Node & { declaration?: Statement; declarations?: { init?: Node & { callee?: { name?: string }; arguments: Texts[] } }[] };

/** The values of an object by key; `null` for what is no object, or has keys that JavaScript would sort. */
function entries(node: Node | undefined): Map<string, Node> | null {
  if (node?.type !== "ObjectExpression") return null;
  const properties = (node as Texts).properties.map(({ type, computed, key, value }): [string, Node] => {
    if (type !== "Property" || computed) throw new Error("a dictionary has keys that are not known before it runs");
    return [key.name ?? String(key.value), value];
  });
  return properties.some(([key]) => /^\d+$/.test(key)) ? null : new Map(properties);
}

/** Chinese texts as lists, in the order of the English keys. `dictionary` puts the keys back. */
export function listTexts(): Plugin {
  return {
    name: "list-texts",
    apply: "build",
    enforce: "post",
    transform(code, id) {
      if (!id.includes("/src/") || !code.includes("= dictionary({")) return undefined;
      const list = (english: Node, chinese: Node): string => {
        const [keys, texts] = [entries(english), entries(chinese)];
        if (!keys || !texts) return code.slice(chinese.start, chinese.end);
        return `[${[...keys].map(([key, value]) => list(value, texts.get(key) as Node)).join()}]`;
      };
      const statements = (this.parse(code) as unknown as { body: Statement[] }).body;
      const made = statements.flatMap((statement) => (statement.declaration ?? statement).declarations ?? []);
      const call = made.find(({ init }) => init?.callee?.name === "dictionary")?.init;
      const languages = entries(call?.arguments[0]);
      const [en, zh] = [languages?.get("en"), languages?.get("zh")];
      if (!en || !zh) throw new Error(`${id} has no dictionary of two languages`);
      return { code: code.slice(0, zh.start) + list(en, zh) + code.slice(zh.end), map: null };
    },
  };
}
