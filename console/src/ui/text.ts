import { dictionary } from "../i18n";

export const text = dictionary({
  en: {
    copy: "Copy",
    copied: "Copied",
    close: "Close",
    loading: "Loading…",
    unreachable: "The gateway cannot be reached",
    unreachableAdvice: "This page retries automatically. If it stays like this, check that the gateway is running: `fngate status`.",
    retry: "Try again",
    unified: "Unified",
    sideBySide: "Side by side",
    noDifference: "No difference",
    readOnlyToken: "This token is read-only. Use a token with role `write`.",
  },
  zh: {
    copy: "复制",
    copied: "已复制",
    close: "关闭",
    loading: "加载中…",
    unreachable: "无法连接网关",
    unreachableAdvice: "页面会自动重试。若长时间如此，请检查网关是否在运行：`fngate status`。",
    retry: "重试",
    unified: "合并视图",
    sideBySide: "并排视图",
    noDifference: "没有差异",
    readOnlyToken: "当前令牌只能读取，不能修改。请使用角色为 `write` 的令牌。",
  },
});
