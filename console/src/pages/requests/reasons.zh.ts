import type { Words } from "./reasons";

export const reasons: Record<string, Words> = {
  bad_request: {
    title: "请求格式错误",
    what: "请求不符合 HTTP 规范：请求头、`Host`、目标、长度或分块请求体有误。",
    todo: "请修正客户端，详情中写明了违反的规则。向 HTTPS 端口发送明文 HTTP 也会得到这个结果。",
  },
  ambiguous_path: {
    title: "路径有歧义",
    what: "不同的服务器对该路径有不同的解读，会匹配到不同的 API。",
    todo: "如果像是攻击，无需处理，请求已被拦截。如果函数确实需要这样的路径，请在 API 上设置 `raw_path`。“路由解释”会列出每一种解读。",
  },
  reserved_field: {
    title: "使用了保留的请求头",
    what: "客户端发送了只允许网关设置的请求头，而 `reserved` 的值为 `reject`。",
    todo: "请在客户端或前置代理中去掉该请求头，或将 `gateway.reserved` 设为 `strip`。",
  },
  no_service: {
    title: "未知主机",
    what: "没有域名覆盖该主机，或该主机的基础路径都与请求路径不符。",
    todo: "请将该主机添加到某个服务，或让前置代理原样传递 `Host`。按 IP 地址进行的健康检查应发往管理端口的 `/readyz`。",
  },
  no_api: {
    title: "该路径没有 API",
    what: "服务存在，但在此环境中没有已启用的 API 与路径匹配。",
    todo: "请将函数绑定到该路径，或用“路由解释”查看 API 是否被停用、是否发布在其他环境。`=/users` 只匹配该路径本身，`/users` 还匹配其下的所有路径。",
  },
  method_not_allowed: {
    title: "不允许的方法",
    what: "路径已绑定，但没有绑定该方法。",
    todo: "请同时绑定该方法，或将 API 的方法改为 `ANY`。浏览器在跨域请求前会发送 `OPTIONS`，它同样需要绑定。",
  },
  request_timeout: {
    title: "客户端过慢",
    what: "请求头或请求体的下一部分没有及时到达。",
    todo: "只有个别客户端：检查其网络。所有客户端都如此：前置代理声明的长度大于实际发送的长度。相关限制是 `header_read_timeout` 和 `client_body_idle`。",
  },
  body_too_large: {
    title: "请求体过大",
    what: "请求体大于 `max_body_bytes`，或声明的长度超过该值。",
    todo: "如果确实需要这样大的请求体，请只调大该 API 的 `max_body_bytes`。",
  },
  uri_too_long: {
    title: "URL 过长",
    what: "请求目标超过 `max_uri_bytes`。",
    todo: "常见原因是用 `GET` 提交表单，请改用 `POST`，或调大 `gateway.max_uri_bytes`。",
  },
  header_too_large: {
    title: "请求头过大",
    what: "请求头超过 `max_header_bytes` 字节，或超过 `max_headers` 个字段。",
    todo: "请检查 Cookie：它们会不断增长，直到用户无法访问。请清理 Cookie，或调大这两项限制以及函数自身的限制。",
  },
  concurrency_limited: {
    title: "函数并发已满",
    what: "函数的所有并发槽位都被占用，队列也已满。",
    todo: "先确认是函数变慢还是请求变多，再增加实例并调大 `max_concurrency`。适当的 `queue` 可以缓冲突发流量。",
  },
  internal_error: {
    title: "fngate 自身的缺陷",
    what: "网关处理该请求时出错，其他请求不受影响。",
    todo: "请在网关日志中查找 `a bug in fngate`，并反馈该行日志。",
  },
  function_unreachable: {
    title: "函数无法连接",
    what: "无法建立到函数的连接。",
    todo: "函数是否在该地址运行？如在容器中，是否监听 `0.0.0.0`？详情中写明了失败原因。启动较慢时可调大 `start_wait`。",
  },
  function_closed: {
    title: "函数断开了连接",
    what: "函数在响应之前关闭了连接。",
    todo: "请查看函数此刻的日志：崩溃、工作进程被杀，或函数自身超时。每次都立即断开：函数可能使用 TLS，地址应为 `https://`。偶尔断开：请将 `keepalive` 设为 `0s`。",
  },
  bad_response: {
    title: "函数响应无效",
    what: "函数的响应不是有效的 HTTP，或响应头过大。",
    todo: "请修正函数，详情中写明了违反的规则。只有响应头的大小可以调整：`max_response_header_bytes` 和 `max_response_headers`。",
  },
  overloaded: {
    title: "网关连接已满",
    what: "客户端连接数超过 `max_connections`，或没有可用的文件描述符来连接函数。",
    todo: "是客户端多，还是某个客户端连接多？后者请直接屏蔽；前者请调大打开文件数限制，或调小 `gateway.keepalive_timeout`。",
  },
  queue_timeout: {
    title: "排队超时",
    what: "在 `queue_timeout` 内没有空闲的并发槽位。",
    todo: "请查明函数变慢的原因，增加实例并调大 `max_concurrency`。调大 `queue_timeout` 只对突发流量有用。",
  },
  draining: {
    title: "网关正在停止",
    what: "网关停止时，排空超时已到，而函数尚未响应。",
    todo: "如果请求耗时本来就长，请调大 `drain_timeout`；否则无需处理。",
  },
  release_unavailable: {
    title: "发布不可用",
    what: "环境固定在某个版本，但该版本无法提供服务：副本损坏，或与当前配置不兼容。",
    todo: "请在“发布”页面发布另一个版本，或让环境跟随当前配置。",
  },
  connect_timeout: {
    title: "连接超时",
    what: "在 `connect_timeout` 内没有连上函数。",
    todo: "可能是防火墙丢包、地址错误，或函数接受连接过慢：在其机器上用 `ss -ltn` 查看积压队列是否已满。",
  },
  function_timeout: {
    title: "函数响应超时",
    what: "函数在 `timeout` 内没有返回响应头。",
    todo: "耗时条显示了时间花在哪里。等待响应：检查函数；等待槽位：并发数不足。如果允许更长时间，请调大该 API 的 `timeout`。",
  },
  rate_limited: {
    title: "被限流",
    what: "网关前面的组件或函数自身进行了限流，网关本身没有限流功能。",
    todo: "请检查这些组件。",
  },
  no_instance: {
    title: "没有可用实例",
    what: "没有可以接收请求的实例。当前版本的网关不会返回这个原因。",
    todo: "请检查网关前面的组件。",
  },
};

export const aborted: Record<string, Words> = {
  client_closed: {
    title: "客户端已离开",
    what: "客户端在响应结束前关闭了连接，或在 `client_body_idle` 内没有接收任何数据。",
    todo: "偶尔出现无需处理。如果大量出现且耗时相同，是客户端或前置代理的超时。",
  },
  function_closed: {
    title: "函数中途断开",
    what: "响应体传输过程中与函数的连接断开，或函数发送的响应体无效。",
    todo: "请查看函数此刻的日志。",
  },
  stream_idle: {
    title: "流长时间无数据",
    what: "函数在 `stream_idle` 内没有发送任何数据。",
    todo: "请调大 `stream_idle`，或在服务器推送事件（SSE）中定期发送注释行。",
  },
  stream_max: {
    title: "流持续过久",
    what: "响应时间超过 `stream_max`。",
    todo: "如果允许，请调大函数的 `stream_max`。",
  },
  draining: {
    title: "网关正在停止",
    what: "响应尚未结束，排空超时已到。",
    todo: "请调大 `drain_timeout`，或让客户端重新连接。",
  },
  internal_error: {
    title: "fngate 自身的缺陷",
    what: "网关处理出错，响应中断。",
    todo: "请在网关日志中查找 `a bug in fngate`，并反馈该行日志。",
  },
  connection_lost: {
    title: "隧道中断",
    what: "隧道的一端异常断开，而不是正常关闭。",
    todo: "请检查客户端网络和函数日志。",
  },
  websocket_idle: {
    title: "隧道长时间无数据",
    what: "隧道在 `websocket_idle` 内没有任何数据。",
    todo: "请让客户端或函数发送 ping，或调大 `websocket_idle`。",
  },
};
