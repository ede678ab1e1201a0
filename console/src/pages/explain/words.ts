/** What the gateway says of a look-up, in the language of the reader. It speaks English; what is not known here stays as it is. */
import { locale } from "../../i18n";

type Rule = [RegExp, (...found: string[]) => string];

function segment(description: string): string {
  return description
    .replace(/^literal /, "字面量 ")
    .replace(/^exact end$/, "精确结尾")
    .replace(/^end of a prefix$/, "前缀结尾");
}

const LOST: Rule[] = [
  [/^shorter base path$/, () => "基础路径较短"],
  [/^less specific host$/, () => "主机匹配不够精确"],
  [/^base path does not match$/, () => "基础路径不匹配"],
  [/^disabled: .*$/, () => "已停用：保留其位置，返回 404"],
  [/^method: it serves `(.*)`, the request is `(.*)`$/, (serves, request) => `方法不符：它处理 \`${serves}\`，请求是 \`${request}\``],
  [/^less specific: `ANY` < `(.*)`$/, (method) => `不够精确：\`ANY\` 低于 \`${method}\``],
  [
    /^less specific: (.*) < (.*) in segment (\d+)$/,
    (worse, better, number) => `不够精确：第 ${number} 段 ${segment(worse ?? "")} 低于 ${segment(better ?? "")}`,
  ],
];

const READINGS: Record<string, string> = {
  "escapes decoded": "解码转义字符",
  "escapes decoded but for slashes": "解码斜杠以外的转义字符",
  "dot segments removed": "去除点号段",
  "dot segments removed as in file names": "像文件名一样去除点号段",
  "slashes merged": "合并斜杠",
  "leading slashes merged": "合并开头的斜杠",
  "`;` parameters dropped": "去掉 `;` 参数",
  "backslashes as slashes": "将反斜杠视为斜杠",
  "cut at NUL": "在 NUL 处截断",
  "`//host` dropped": "去掉 `//host`",
  "more combinations than are looked at": "组合过多，不再检查",
};

const OUTCOMES: Rule[] = [
  [/^no service has this host and base path$/, () => "没有服务使用该主机和基础路径"],
  [/^service `(.*)` has no such path in (.*)$/, (service, environment) => `服务 \`${service}\` 在 ${environment} 环境中没有该路径`],
  [/^method not allowed; allowed are: (.*)$/, (allowed) => `不允许该方法。允许的方法：${allowed}`],
  [
    /^the path can be read in two ways: read with (.*), it selects (.*)$/,
    (reading, other) => `路径有两种解读：${readingWords(reading ?? "")}后，${other === "nothing" ? "不匹配任何 API" : `匹配 ${other}`}`,
  ],
];

function translate(said: string, rules: Rule[]): string {
  if (locale.value !== "zh") return said;
  for (const [pattern, words] of rules) {
    const found = pattern.exec(said);
    if (found) return words(...found.slice(1));
  }
  return said;
}

/** Why a domain or an API was not selected. */
export const whyLost = (lost: string) => translate(lost, LOST);

/** What comes of a look-up. */
export const outcomeWords = (outcome: string) => translate(outcome, OUTCOMES);

/** How a server reads a path. */
export function readingWords(reading: string): string {
  if (locale.value !== "zh") return reading;
  return reading
    .split(", then ")
    .map((step) => READINGS[step] ?? step)
    .join("，然后");
}
