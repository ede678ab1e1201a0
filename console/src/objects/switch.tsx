/** Switching an API on and off. */
import { call } from "../api/client";
import type { Api } from "../api/schema";
import type { Change } from "../change/change";
import { apiPath, bodyOf } from "./api";

/** The change, made of the object as it is now: a list has no ETag. */
export async function switchChange(
  service: string,
  name: string,
  words: (api: Api) => { title: string; verb: string; remark?: string },
): Promise<Change> {
  const address = apiPath(service, name);
  const { data, etag } = await call<Api>("GET", address);
  return { ...words(data), method: "PUT", path: address, etag, body: { ...bodyOf(data), enabled: !data.enabled } };
}
