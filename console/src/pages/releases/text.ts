import type { Environment } from "../../api/schema";
import { dictionary } from "../../i18n";

const times = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

export const text = dictionary({
  en: {
    title: "Releases",
    what: "A release pins an environment to one revision: it serves the services, domains and APIs as they were then, while the files move on. A release fixes which API leads to which function. Functions, instances, listeners and secrets always come from the current configuration. Without a release, an environment follows each change as soon as it is saved.",
    noHistory: "Nothing can be released: this gateway keeps no history",
    noHistoryAdvice: "A release is a revision of the history. Give the gateway a directory that it can write to, and restart it:",
    states: { follows: "Follows", pinned: "Pinned", unreleased: "Offline", unavailable: "Unavailable" },
    meaning: {
      follows: "Serves each change as soon as it is saved.",
      pinned: "Serves its release until the next one, also after a restart.",
      unreleased: "Its APIs answer 404 until something is released here.",
      unavailable: "",
    },
    since: { follows: "Set to follow by", pinned: "Pinned by", unreleased: "Taken offline by", unavailable: "" },
    unavailable: (name: string) =>
      `The copy of this release cannot be read, so its APIs answer 503 \`release_unavailable\`. Release another revision, or let \`${name}\` follow again.`,
    behind: (count: number) => times(count, "revision behind", "revisions behind"),
    serves: "Serves",
    nothing: "Nothing",
    apis: "APIs",
    domains: "Domains",
    revision: (number: number) => `Revision ${number}`,
    choose: "Revision to release",
    releaseNumber: (number: number) => `Release revision ${number}`,
    pinTo: (number: number) => `Pin to revision ${number}`,
    servesNow: (name: string, revision: number) => `${name} serves revision ${revision} now`,
    followsNow: (name: string, revision: number | null) => `${name} follows again and serves revision ${revision}`,
    isOffline: (name: string) => `${name} is offline: its APIs answer 404`,
    pinnedToIt: "It is pinned to this revision already.",
    follow: "Follow again",
    unrelease: "Take offline",
    releaseTitle: (name: string, revision: number) => `Release revision ${revision} to ${name}`,
    followTitle: (name: string) => `Let ${name} follow again`,
    unreleaseTitle: (name: string) => `Take ${name} offline`,
    releaseRemark: (name: string, revision: number) =>
      `\`${name}\` serves revision ${revision} from now on, until the next release or until it follows again. No file is written.`,
    followRemark: (name: string) =>
      `\`${name}\` serves the newest revision from now on, and each change as soon as it is saved. No file is written.`,
    unreleaseRemark: ({ name, apis, domains }: Environment) =>
      `${times(apis, "API", "APIs")} at ${times(domains, "domain", "domains")} of \`${name}\` will answer 404 at once, until something is released or the environment follows again. Other environments go on. No file is written.`,
    wouldChange: (from: number, to: number) => `What would change, from revision ${from} to ${to}`,
    sameRevision: (to: number) => `It serves revision ${to}: nothing would change for callers.`,
    sameFiles: (from: number, to: number) => `Revisions ${from} and ${to} have equal files: nothing would change for callers.`,
    notInHistory: (from: number) =>
      `Revision ${from} is not in the history any more. The release goes on from its own copy, but there is nothing to compare.`,
    diffHint: "A release takes only the services, domains and APIs of this diff. Other tables, such as `[[function]]`, are already in use.",
    answersAgain: "Releasing it brings the APIs back, as this revision defines them.",
  },
  zh: {
    title: "发布",
    what: "发布会把一个环境固定到某个版本：该环境继续提供那个版本中的服务、域名和 API，配置文件则可以继续修改。发布固定的是哪个 API 指向哪个函数；函数、实例、监听器和机密值始终取自当前配置。未发布时，环境跟随最新版本，保存即生效。",
    noHistory: "无法发布：网关没有保存历史",
    noHistoryAdvice: "发布的内容是历史中的某个版本。请为网关指定一个可写的目录，然后重启网关：",
    states: { follows: "跟随最新", pinned: "已固定", unreleased: "已下线", unavailable: "不可用" },
    meaning: {
      follows: "每次修改保存后立即生效。",
      pinned: "保持当前发布的内容，直到下一次发布；重启后依然有效。",
      unreleased: "其 API 均返回 404，直到再次发布。",
      unavailable: "",
    },
    since: { follows: "恢复跟随者", pinned: "发布者", unreleased: "下线操作", unavailable: "" },
    unavailable: (name: string) =>
      `无法读取该发布的副本，其 API 返回 503 \`release_unavailable\`。请发布其他版本，或让 \`${name}\` 恢复跟随。`,
    behind: (count: number) => `落后 ${count} 个版本`,
    serves: "当前内容",
    nothing: "无",
    apis: "API",
    domains: "域名",
    revision: (number: number) => `版本 ${number}`,
    choose: "要发布的版本",
    releaseNumber: (number: number) => `发布版本 ${number}`,
    pinTo: (number: number) => `固定到版本 ${number}`,
    servesNow: (name: string, revision: number) => `${name} 现在提供版本 ${revision}`,
    followsNow: (name: string, revision: number | null) => `${name} 已恢复跟随，提供版本 ${revision}`,
    isOffline: (name: string) => `${name} 已下线，其 API 返回 404`,
    pinnedToIt: "该环境已固定在此版本。",
    follow: "恢复跟随",
    unrelease: "下线",
    releaseTitle: (name: string, revision: number) => `将版本 ${revision} 发布到 ${name}`,
    followTitle: (name: string) => `让 ${name} 恢复跟随`,
    unreleaseTitle: (name: string) => `下线 ${name}`,
    releaseRemark: (name: string, revision: number) =>
      `\`${name}\` 将立即提供版本 ${revision} 的内容，直到下一次发布或恢复跟随。不会写入任何文件。`,
    followRemark: (name: string) => `\`${name}\` 将立即提供最新版本的内容，之后每次修改保存后立即生效。不会写入任何文件。`,
    unreleaseRemark: ({ name, apis, domains }: Environment) =>
      `\`${name}\` 的 ${domains} 个域名下的 ${apis} 个 API 将立即返回 404，直到再次发布或恢复跟随。其他环境不受影响。不会写入任何文件。`,
    wouldChange: (from: number, to: number) => `将发生的变化：版本 ${from} → ${to}`,
    sameRevision: (to: number) => `该环境当前提供的就是版本 ${to}，对调用方没有影响。`,
    sameFiles: (from: number, to: number) => `版本 ${from} 与 ${to} 的文件相同，对调用方没有影响。`,
    notInHistory: (from: number) => `版本 ${from} 已不在历史中。发布使用自己的副本继续提供服务，但无法进行比较。`,
    diffHint: "发布只涉及其中的服务、域名和 API；其余内容（如 `[[function]]`）已经生效。",
    answersAgain: "发布后，其 API 将按此版本恢复响应。",
  },
});
