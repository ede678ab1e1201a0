import type { Words } from "./reasons";

/** As `docs/errors.md` and `docs/troubleshooting.md` have them. */
export const reasons: Record<string, Words> = {
  bad_request: {
    title: "Malformed request",
    what: "The request breaks a rule of HTTP: its head, `Host`, target or length, or a chunk of its body.",
    todo: "Fix the client. The detail names the rule. Plain HTTP at a port that speaks HTTPS ends here too.",
  },
  ambiguous_path: {
    title: "Ambiguous path",
    what: "Servers read this path in different ways, and the readings lead to different APIs.",
    todo: "If it looks like an attack, do nothing: it was stopped. If the function wants such paths, set `raw_path` on the API. Explain shows every reading.",
  },
  reserved_field: {
    title: "Reserved header",
    what: "The client sent a header that only the gateway may set, and `reserved` is `reject`.",
    todo: "Remove the header in the client, or in the proxy in front that adds it. Or set `gateway.reserved` to `strip`.",
  },
  no_service: {
    title: "Unknown host",
    what: "No domain covers the host, or none of the host's base paths fits the path.",
    todo: "Add the host to a service, or have the proxy in front pass `Host` on as it came. Health checks by IP address belong at `/readyz` of the admin listener.",
  },
  no_api: {
    title: "No API at this path",
    what: "The service is known, but none of its enabled APIs matches the path in this environment.",
    todo: "Bind a function to the path, or see with Explain whether the API is disabled or published in another environment. `=/users` matches that path alone, `/users` all below it too.",
  },
  method_not_allowed: {
    title: "Method not allowed",
    what: "The path is bound, but not for this method.",
    todo: "Bind the method too, or make the API's method `ANY`. Browsers ask with `OPTIONS` before cross-origin requests: it needs an API like any other method.",
  },
  request_timeout: {
    title: "Client too slow",
    what: "The head of the request, or the next part of its body, did not arrive in time.",
    todo: "One client: look at its network. All of them: a proxy in front announces more than it sends. `header_read_timeout` and `client_body_idle` are the limits.",
  },
  body_too_large: {
    title: "Body too large",
    what: "The body is larger than `max_body_bytes`, or is announced to be.",
    todo: "Raise `max_body_bytes` of this one API, if such bodies are meant to come.",
  },
  uri_too_long: {
    title: "URL too long",
    what: "The target of the request is longer than `max_uri_bytes`.",
    todo: "Often a form that is sent with `GET`: have it use `POST`. Or raise `gateway.max_uri_bytes`.",
  },
  header_too_large: {
    title: "Headers too large",
    what: "The head of the request has more than `max_header_bytes` bytes or `max_headers` fields.",
    todo: "Look at the cookies: they grow until a user is locked out. Clean them up, or raise the two limits, and the function's own with them.",
  },
  concurrency_limited: {
    title: "Function at its limit",
    what: "All slots of the function are taken, and its queue is full.",
    todo: "Find out why the function is slow, or whether more requests come. Then add instances, and raise `max_concurrency`. A `queue` rides out bursts.",
  },
  internal_error: {
    title: "Bug in fngate",
    what: "The gateway failed while handling this request. Other requests are not affected.",
    todo: "Look for `a bug in fngate` in its log, and report that line.",
  },
  function_unreachable: {
    title: "Function unreachable",
    what: "No connection to the function could be opened.",
    todo: "Does it run, at this address? In a container, does it listen on `0.0.0.0`? The detail says what failed. `start_wait` bridges a slow start.",
  },
  function_closed: {
    title: "Function closed the connection",
    what: "The function closed the connection before it answered.",
    todo: "Read the function's log at this time: a crash, a killed worker, its own timeout. If every request fails at once, the function may expect TLS: use `https://`. If it happens now and then, set `keepalive` to `0s`.",
  },
  bad_response: {
    title: "Invalid response",
    what: "What the function answered is not valid HTTP, or its head is too large.",
    todo: "Fix the function: the detail names the rule. Only the size of the head has limits to raise: `max_response_header_bytes` and `max_response_headers`.",
  },
  overloaded: {
    title: "Gateway full",
    what: "There are more client connections than `max_connections`, or no open file was left for a connection to the function.",
    todo: "Many clients, or one with many connections? Block the one. Otherwise raise the limit of open files, or lower `gateway.keepalive_timeout`.",
  },
  queue_timeout: {
    title: "Waited too long for a slot",
    what: "No slot of the function became free within `queue_timeout`.",
    todo: "Find out why the function is slow; add instances and raise `max_concurrency`. A longer `queue_timeout` helps against bursts only.",
  },
  draining: {
    title: "Gateway was stopping",
    what: "The gateway stopped, and its drain timeout was over before the function answered.",
    todo: "Raise `drain_timeout` if requests take longer than it. Otherwise, do nothing.",
  },
  release_unavailable: {
    title: "Release unavailable",
    what: "The environment is pinned to a revision that cannot be served: its copy is damaged, or does not fit the configuration.",
    todo: "Release another revision, or have the environment follow the configuration. The page Releases does both.",
  },
  connect_timeout: {
    title: "No connection in time",
    what: "No connection to the function was there within `connect_timeout`.",
    todo: "A firewall that drops packets, a wrong address, or a function that accepts too slowly: `ss -ltn` on its machine shows a full backlog.",
  },
  function_timeout: {
    title: "Function too slow",
    what: "The function sent no head of a response within `timeout`.",
    todo: "The bar shows what the time went to. Waiting for the response: look at the function. Waiting for a slot: too few of them. Raise `timeout` of the API if it may take longer.",
  },
  rate_limited: {
    title: "Rate limited",
    what: "Something in front of the gateway, or the function itself, limits the rate. The gateway has no rate limits.",
    todo: "Check that proxy, or the function.",
  },
  no_instance: {
    title: "No instance",
    what: "There is no instance to send the request to. This version of the gateway does not answer so by itself.",
    todo: "Look at what stands in front of the gateway.",
  },
};

export const aborted: Record<string, Words> = {
  client_closed: {
    title: "The client left",
    what: "The client closed the connection before the end of the answer, or took nothing for `client_body_idle`.",
    todo: "Nothing, if it is rare. Many with the same duration: a timeout of the client, or of a proxy in front.",
  },
  function_closed: {
    title: "The function hung up in the middle",
    what: "The function's connection was lost in the middle of the body, or what it sent was no valid body.",
    todo: "Read the function's log at this time.",
  },
  stream_idle: {
    title: "The stream was silent",
    what: "The function sent nothing for `stream_idle`.",
    todo: "Raise `stream_idle`, or send a comment line now and then in server-sent events.",
  },
  stream_max: {
    title: "The stream was too long",
    what: "The response took longer than `stream_max`.",
    todo: "If such responses are expected, raise the function's `stream_max`.",
  },
  draining: {
    title: "The gateway was stopping",
    what: "The drain timeout was over before the response was.",
    todo: "Raise `drain_timeout`, or have the client connect again.",
  },
  internal_error: {
    title: "Bug in fngate",
    what: "The response broke off because the gateway failed at it.",
    todo: "Look for `a bug in fngate` in its log, and report that line.",
  },
  connection_lost: {
    title: "The tunnel was lost",
    what: "One side of the tunnel was lost instead of closed.",
    todo: "Look at the client's network and the function's log.",
  },
  websocket_idle: {
    title: "The tunnel was silent",
    what: "Nothing moved in the tunnel for `websocket_idle`.",
    todo: "Have the client or the function send pings, or raise `websocket_idle`.",
  },
};
