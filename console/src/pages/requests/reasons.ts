/** What the words mean by which the gateway says why it answered itself, or why an answer broke off; and what to do. */
import { dictionary } from "../../i18n";
import * as en from "./reasons.en";
import * as zh from "./reasons.zh";

export type Words = {
  title: string;
  what: string;
  /** Keys and commands are in backticks: show it with `Rich`. */
  todo: string;
};

const words = dictionary({
  en: { reasons: en.reasons, aborted: en.aborted },
  zh: { reasons: zh.reasons, aborted: zh.aborted },
});

/** The status that goes with a reason. */
const STATUS: Record<string, number> = {
  bad_request: 400,
  ambiguous_path: 400,
  reserved_field: 400,
  no_service: 404,
  no_api: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  uri_too_long: 414,
  header_too_large: 431,
  concurrency_limited: 429,
  rate_limited: 429,
  internal_error: 500,
  function_unreachable: 502,
  function_closed: 502,
  bad_response: 502,
  overloaded: 503,
  queue_timeout: 503,
  draining: 503,
  release_unavailable: 503,
  no_instance: 503,
  connect_timeout: 504,
  function_timeout: 504,
};

export function reasonStatus(reason: string): number {
  return STATUS[reason] ?? 500;
}

/** Words for `reason`; a reason of a newer gateway stands for itself. */
export function reasonWords(reason: string): Words {
  return words.value.reasons[reason] ?? { title: reason, what: "", todo: "" };
}

/** Words for `aborted`. */
export function abortedWords(aborted: string): Words {
  return words.value.aborted[aborted] ?? { title: aborted, what: "", todo: "" };
}
