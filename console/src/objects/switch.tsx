/** Switching an API on and off. */
import type { Api } from "../api/schema";
import type { Change } from "../change/change";
import { dictionary } from "../i18n";
import { apiPath, bodyOf, ruleOf } from "./api";

const text = dictionary({
  en: {
    on: "Switch on",
    off: "Switch off",
    isOn: (rule: string) => `${rule} is on`,
    isOff: (rule: string) => `${rule} is off`,
    offRemark: "While it is off, its requests get 404. It keeps its place: no other API takes over.",
  },
  zh: {
    on: "启用",
    off: "停用",
    isOn: (rule: string) => `${rule} 已启用`,
    isOff: (rule: string) => `${rule} 已停用`,
    offRemark: "停用期间，匹配它的请求返回 404；它仍占据其位置，请求不会转给其他 API。",
  },
});

/** What the switch of an API does now. */
export function switchVerb({ enabled }: Api): string {
  return enabled ? text.value.off : text.value.on;
}

export function switchTitle(api: Api): string {
  return `${switchVerb(api)} ${ruleOf(api)}`;
}

export function switchOf(api: Api, etag: string | null): Change {
  return {
    title: switchTitle(api),
    verb: switchVerb(api),
    done: (api.enabled ? text.value.isOff : text.value.isOn)(ruleOf(api)),
    environments: api.environments,
    remark: api.enabled ? text.value.offRemark : undefined,
    method: "PUT",
    path: apiPath(api.service, api.name),
    etag,
    body: { ...bodyOf(api), enabled: !api.enabled },
  };
}
