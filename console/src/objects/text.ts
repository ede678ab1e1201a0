import { dictionary } from "../i18n";

export const text = dictionary({
  en: {
    pinned: (revision: number) => `pinned to revision ${revision}`,
    instance: { up: "Up", down: "Down", unused: "Not used yet", never_answered: "Never answered" },
    instanceWhy: {
      up: "The last request to it was answered.",
      down: "The last connection to it failed.",
      unused: "No request went there yet.",
      never_answered: "It was tried, and has never answered.",
    },
    enabled: "On",
    disabled: "Off",
    unreachable: "No domain",
    unreachableWhy: "The service has no domain in the environments of this API, so no request reaches it.",
    rate: (requests: string) => `${requests} req/s`,
    errors: (rate: string) => `${rate} errors/s`,
    idle: "idle",
    gone: { apis: "This API was deleted or never existed", functions: "This function was deleted or never existed" },
  },
  zh: {
    pinned: (revision: number) => `固定在版本 ${revision}`,
    instance: { up: "正常", down: "无法连接", unused: "尚未使用", never_answered: "从未应答" },
    instanceWhy: {
      up: "最近一次请求已得到应答。",
      down: "最近一次连接失败。",
      unused: "尚无请求到达。",
      never_answered: "尝试过，但从未应答。",
    },
    enabled: "启用",
    disabled: "停用",
    unreachable: "无域名",
    unreachableWhy: "该服务在此 API 的环境中没有域名，请求无法到达。",
    rate: (requests: string) => `${requests} 请求/秒`,
    errors: (rate: string) => `${rate} 错误/秒`,
    idle: "空闲",
    gone: { apis: "这个 API 已被删除或从未存在", functions: "这个函数已被删除或从未存在" },
  },
});
