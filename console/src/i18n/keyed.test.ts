import { parseAst } from "vite";
import { expect, it } from "vitest";
import { listTexts } from "../../scripts/smaller";
import { keyed } from "./keyed";

type Transform = (this: { parse: typeof parseAst }, code: string, id: string) => { code: string };
const built = (code: string) => (listTexts().transform as Transform).call({ parse: parseAst }, code, "/src/text.ts").code;

it("finds the Chinese texts of the build under the keys of the English ones", () => {
  const en = `{ one: "One", more: { two: "Two", of: (n) => n + " of" }, list: ["a"], by: { 2: "b", 1: "a" } }`;
  const zh = `{ list: ["甲"], more: { of: (n) => n + " 个", two: "二" }, by: { 2: "乙", 1: "甲" }, one: "一" }`;
  const code = built(`const text = dictionary({ en: ${en}, zh: ${zh} });`);
  expect(code).toContain(`zh: ["一",["二",(n) => n + " 个"],["甲"],{ 2: "乙", 1: "甲" }]`);
  const dictionary = (texts: { en: object; zh: object }) => keyed(texts.zh, texts.en);
  const text = new Function("dictionary", `${code} return text`)(dictionary);
  expect(text).toMatchObject({ one: "一", more: { two: "二" }, list: ["甲"], by: { 1: "甲", 2: "乙" } });
  expect(text.more.of(3)).toBe("3 个");
});
