export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description An API: a path and a method that are bound to one function. */
    Api: {
      enabled: boolean;
      /** @description Where it is published: `release`, `prepub`, `test`. */
      environments: string[];
      /** @description `name`, `namespace/name` or `namespace/name:version`. */
      function: string;
      /** @description Custom fields; `***` stands for a secret. */
      headers?: {
        [key: string]: string;
      };
      /** @description The largest request body, if it is not the gateway's limit; `0` is no limit. */
      max_body_bytes?: string | null;
      /** @description A method, or `ANY`. */
      method: string;
      /** @description Unique in its service. */
      name: string;
      /** @description The rule, such as `/orders/{id}`. */
      path: string;
      raw_path: boolean;
      service: string;
      status: components["schemas"]["ApiStatus"];
      /** @description The sync-wait timeout, if it is not the function's. */
      timeout?: string | null;
      /** @description Environments that use another version of the function. */
      versions?: {
        [key: string]: string;
      };
    };
    /** @description The keys of an API. What is left out gets its default. */
    ApiBody: {
      enabled?: boolean | null;
      /** @description `release` without it. */
      environments?: string[] | null;
      /**
       * @description `name`, `namespace/name` or `namespace/name:version`.
       * @example orders
       */
      function: string;
      headers?: {
        [key: string]: string;
      } | null;
      /** @example 6MiB */
      max_body_bytes?: string | null;
      /**
       * @description A method, or `ANY`; `GET` without it.
       * @example GET
       */
      method?: string | null;
      /**
       * @description The rule, such as `/orders/{id}`.
       * @example /orders/{id}
       */
      path: string;
      raw_path?: boolean | null;
      /** @example 15s */
      timeout?: string | null;
      versions?: {
        [key: string]: string;
      } | null;
    };
    /** @description An API in one environment. */
    ApiEnvironment: {
      /** @description The domains that lead to it there. */
      domains: components["schemas"]["Reached"][];
      /** @description Whether it is on in what the environment serves now; null if it is not served there. */
      enabled?: boolean | null;
      environment: string;
      /** @description `namespace/name:version`. */
      function: string;
      /**
       * Format: int64
       * @description The revision that serves there in place of this one; null when the environment follows the configuration in use.
       */
      pinned?: number | null;
    };
    /** @description One API in one environment, with one function version. */
    ApiFigures: components["schemas"]["Traffic"] & {
      /** @description Empty for requests without an API. */
      api: string;
      /** @description Null for requests without an API. */
      environment?: string | null;
      /** @description `namespace/name`. */
      function: string;
      /** @description Empty for requests without a service: unknown hosts, and heads that could not be read. */
      service: string;
      version: string;
    };
    /** @description What follows from the rest of the configuration. */
    ApiStatus: {
      environments: components["schemas"]["ApiEnvironment"][];
      origin: components["schemas"]["Origin"];
      timeout: string;
      /** Format: int64 */
      timeout_ms: number;
      /** @description Where the timeout was set: `file:line:column`, or `default`. */
      timeout_set_at: string;
    };
    /** @description Files that say what functions, services and APIs there are to be. */
    ApplyBody: {
      documents: components["schemas"]["Source"][];
    };
    /** @description An API whose path matches. */
    Candidate: {
      /** @description Why it does not serve the request; null for the selected one. */
      lost?: string | null;
      method: string;
      path: string;
    };
    /** @description A certificate in use. */
    Certificate: {
      /**
       * Format: int64
       * @description Whole days until then; negative if it has expired.
       */
      days_left?: number | null;
      /** @description The distinguished name of whoever issued it. */
      issuer?: string | null;
      /**
       * @description The address of the listener that shows it; null for one that is shown to functions.
       * @example 0.0.0.0:443
       */
      listener?: string | null;
      /**
       * @description The DNS names that it is for; its subject if there are none.
       * @example [
       *       "shop.example.com"
       *     ]
       */
      names: string[];
      /** @description Until when it is valid (RFC 3339). */
      not_after?: string | null;
      /** @description From when on it is valid (RFC 3339). */
      not_before?: string | null;
      /**
       * @description `file:` and the path of the certificate, or `acme`.
       * @example file:/etc/fngate/shop.pem
       */
      source: string;
      state: components["schemas"]["CertificateState"];
    };
    /**
     * @description Whether clients take a certificate.
     * @enum {string}
     */
    CertificateState: "valid" | "expiring" | "expired" | "missing";
    /** @description What has changed. */
    ChangeEvent: {
      /** @description Whether the last load was refused. */
      refused: boolean;
      /**
       * Format: int64
       * @description The revision in use.
       */
      revision: number;
      /** @description How many warnings there are. */
      warnings: number;
    };
    /** @description What came of a change. */
    Changed: {
      change: components["schemas"]["Outcome"];
    };
    /** @description An API, and what came of the change. */
    ChangedApi: components["schemas"]["Api"] & {
      change: components["schemas"]["Outcome"];
    };
    /** @description An environment, and what came of the change. */
    ChangedEnvironment: components["schemas"]["Environment"] & {
      change: components["schemas"]["Outcome"];
    };
    /** @description A function, and what came of the change. */
    ChangedFunction: components["schemas"]["Function"] & {
      change: components["schemas"]["Outcome"];
    };
    /** @description A service, and what came of the change. */
    ChangedService: components["schemas"]["Service"] & {
      change: components["schemas"]["Outcome"];
    };
    /** @description Answers a second, by class of status. */
    Classes: {
      /** Format: double */
      429: number;
      /**
       * Format: double
       * @description Clients that left before the head of an answer.
       */
      499: number;
      /**
       * Format: double
       * @description With the 101 of tunnels.
       */
      "2xx": number;
      /** Format: double */
      "3xx": number;
      /**
       * Format: double
       * @description Without 429.
       */
      "4xx": number;
      /** Format: double */
      "5xx": number;
    };
    /** @description A code for one use. */
    Code: {
      /** @description `fngc_…` */
      code: string;
      /** @description Until when it waits for its use (RFC 3339). */
      expires: string;
    };
    /** @description How much there is. */
    Counts: {
      apis: number;
      functions: number;
      instances: number;
      /** @description Instances whose last connection could not be opened. */
      instances_down: number;
      services: number;
    };
    /** @description A file that the configuration in use was read from. */
    Document: {
      /** @description Changes with everything that the file says, secrets included. */
      etag: string;
      /** @example /etc/fngate/fngate.toml */
      file: string;
      /** @description Why the gateway cannot write it; null: it can. */
      read_only?: string | null;
      role: components["schemas"]["DocumentRole"];
      /** @description TOML, with secrets masked. Comments are as they are written. */
      text: string;
    };
    /**
     * @description How a file belongs to the configuration.
     * @enum {string}
     */
    DocumentRole: "main" | "include" | "edits";
    /** @description The files of the configuration in use. */
    Documents: {
      /** @description The main file first, then the others in the order in which they are read. */
      items: components["schemas"]["Document"][];
      /**
       * Format: int64
       * @description The revision that they are.
       */
      revision: number;
    };
    /** @description A host and base path that select a service and an environment. */
    Domain: {
      /** @description Removed before paths are matched, and before the function sees them. */
      base_path?: string;
      /** @description `release`, `prepub` or `test`. */
      environment?: string;
      /** @description A name, `*.name` or `*`. */
      host: string;
    };
    /** @description A domain that covers the host. */
    DomainNote: {
      base_path: string;
      environment: string;
      host: string;
      /** @description Why another one was taken; null for the selected one. */
      lost?: string | null;
      service: string;
    };
    /**
     * @description How much a change has changed.
     * @enum {string}
     */
    Effect: "created" | "changed" | "deleted" | "unchanged";
    /** @description An API of the same service in another environment. */
    Elsewhere: {
      environment: string;
      method: string;
      path: string;
    };
    /**
     * @description How `body` is written.
     * @enum {string}
     */
    Encoding: "text" | "base64";
    /** @description One environment. */
    Environment: {
      /** @description APIs that are published there. */
      apis: number;
      /** @description Domains that lead there. */
      domains: number;
      /** @description `release`, `prepub` or `test`. */
      name: string;
      /**
       * Format: int64
       * @description The revision that it serves.
       */
      revision?: number | null;
      state: components["schemas"]["State"];
    };
    /** @description The story of one look-up. */
    Explained: {
      /** @description Every API whose path matches, the most specific first. */
      candidates: components["schemas"]["Candidate"][];
      /** @description Every domain whose host covers the request's, the selected one first. */
      domains: components["schemas"]["DomainNote"][];
      /** @description APIs that would match, were they published in the request's environment. */
      elsewhere: components["schemas"]["Elsewhere"][];
      /** @description In lower case, without a port. */
      host: string;
      method: string;
      /** @description What may have been meant: hosts or paths that are close. */
      near: string[];
      outcome: string;
      path: string;
      /** @description The path as it is compared, where it is written in another form. */
      plain?: string | null;
      /** @description How else servers read the path. */
      readings: components["schemas"]["ReadingNote"][];
      /** @description Why the gateway would refuse the request, as in its answers and the access log; null if an API is selected. */
      reason?: string | null;
      selected?: components["schemas"]["Selected"] | null;
      /**
       * Format: int32
       * @description The status of that answer.
       */
      status?: number | null;
    };
    /** @description A header field. */
    Field: {
      name: string;
      value: string;
    };
    /** @description What the gateway did in the second before `time`. Rates are of one second. */
    Figures: {
      /** @description APIs with something to do, by service, name, function and environment. Requests for unknown hosts are one with an empty `service`. */
      apis: components["schemas"]["ApiFigures"][];
      /** Format: int64 */
      client_connections: number;
      /** @description Function versions with something to do, by name. */
      functions: components["schemas"]["FunctionFigures"][];
      /**
       * Format: int64
       * @description The number of the configuration in use.
       */
      revision: number;
      /** @description RFC 3339 in UTC with milliseconds. */
      time: string;
      /** @description The gateway as a whole. */
      total: components["schemas"]["Traffic"];
    };
    /** @description A file of a revision. */
    File: {
      file: string;
      /** @description With secrets masked. */
      text: string;
    };
    /** @description Files that are written. */
    FilesBody: {
      files: components["schemas"]["TypedFile"][];
    };
    /** @description An error or a warning of a configuration. */
    Finding: {
      /** @description What to do about it. */
      advice?: string | null;
      column?: number | null;
      file?: string | null;
      line?: number | null;
      message: string;
      /** @description Where in the request's object it is, as a JSON pointer; null for the rest of the configuration. */
      pointer?: string | null;
      /** @description `error` or `warning`. */
      severity: string;
    };
    /** @description A version of a function. */
    Function: {
      connect_timeout: string;
      /** @description Custom fields; `***` stands for a secret. */
      headers?: {
        [key: string]: string;
      };
      /** @description Addresses: `http://host:port`, `https://host:port`, `h2c://host:port`, `unix:/path` or `builtin:echo`. */
      instances: string[];
      /** @description `auto`, or a duration. */
      keepalive: string;
      /** @description 0 is no limit. */
      max_concurrency: number;
      max_response_header_bytes: string;
      max_response_headers: number;
      /**
       * Format: int32
       * @description MB, announced to the function; 0 is not announced.
       */
      memory: number;
      name: string;
      namespace: string;
      /** @description `off`, or a duration. */
      ping_interval: string;
      /** @description `off`, `v1` or `v2`. */
      proxy_protocol: string;
      queue: number;
      queue_timeout: string;
      start_wait: string;
      status: components["schemas"]["FunctionStatus"];
      stream_idle: string;
      /** @description `0s` is no limit. */
      stream_max: string;
      /** @description The sync-wait timeout. */
      timeout: string;
      version: string;
      websocket_idle: string;
    };
    /** @description The keys of a function. What is left out gets its default. */
    FunctionBody: {
      connect_timeout?: string | null;
      headers?: {
        [key: string]: string;
      } | null;
      /**
       * @example [
       *       "http://127.0.0.1:9000"
       *     ]
       */
      instances: string[];
      keepalive?: string | null;
      /** Format: int32 */
      max_concurrency?: number | null;
      max_response_header_bytes?: string | null;
      /** Format: int32 */
      max_response_headers?: number | null;
      /** Format: int32 */
      memory?: number | null;
      ping_interval?: string | null;
      proxy_protocol?: string | null;
      /** Format: int32 */
      queue?: number | null;
      queue_timeout?: string | null;
      start_wait?: string | null;
      stream_idle?: string | null;
      stream_max?: string | null;
      /** @example 15s */
      timeout?: string | null;
      websocket_idle?: string | null;
    };
    /** @description One function version. */
    FunctionFigures: components["schemas"]["Traffic"] & {
      /** @description `namespace/name`. */
      function: string;
      /**
       * Format: int64
       * @description Requests that wait for a slot.
       */
      queued: number;
      version: string;
    };
    /** @description What follows from the rest of the configuration, and from what has happened. */
    FunctionStatus: {
      /** @description `namespace/name:version`, as metrics have it. */
      id: string;
      /**
       * Format: int64
       * @description Requests and tunnels that it has to serve now.
       */
      in_flight: number;
      instances: components["schemas"]["Instance"][];
      origin: components["schemas"]["Origin"];
      /**
       * Format: int64
       * @description Requests that wait for a slot.
       */
      queued: number;
      /** @description APIs that are bound to it in the table in use, in any environment. */
      triggers: number;
    };
    /** @description Where revisions are kept. */
    HistoryState: {
      /** @description Null: nowhere. */
      directory?: string | null;
      /** @description Why nowhere. */
      reason?: string | null;
    };
    /** @description One address at which a function runs. */
    Instance: {
      address: string;
      /** @description `namespace/name:version`. */
      function: string;
      state: components["schemas"]["InstanceState"];
    };
    /**
     * @description What the last connections to an instance have shown.
     * @enum {string}
     */
    InstanceState: "unused" | "up" | "down" | "never_answered";
    /** @description One change. */
    Line: {
      /** @description `create`, `change`, `delete`, `apply`, `rewrite`, `rollback`, `release`, `unrelease`, `follow`, `try`, or `reload` for a change of files by hand. */
      action: string;
      /** @description The object as it is, secrets masked. */
      after?: Record<string, never> | null;
      /** @description A token's name, a user's, or `file`. */
      author: string;
      /** @description The object as it was, secrets masked. */
      before?: Record<string, never> | null;
      /** @description An address, or `unix`; empty for a change of files by hand. */
      from: string;
      note?: string | null;
      /** @description The address of the object under `/v1`, an environment, a revision, files, or the method and path of a request. */
      object: string;
      /**
       * Format: int64
       * @description The revision in use afterwards.
       */
      revision: number;
      /** @description RFC 3339. */
      time: string;
    };
    /** @description A listener of requests. */
    Listening: {
      /** @description As a client on the same machine reaches it: `IP:port` or `unix:/path`. */
      address: string;
      tls: boolean;
    };
    /** @description What the session of a code may do. */
    NewCode: {
      role?: components["schemas"]["Role"] | null;
    };
    /** @description A session that has begun. */
    NewSession: components["schemas"]["Session"] & {
      /** @description `fngs_…` */
      token: string;
    };
    /** @description No body, or an empty object. */
    Nothing: Record<string, never>;
    /** @description Where in the files an object stands, and whether it can be changed there. */
    Origin: {
      column: number;
      file: string;
      line: number;
      /** @description Why the admin API cannot change the object; null if it can, or if this was read from files without a running gateway. */
      read_only?: string | null;
    };
    /** @description What came of a change. */
    Outcome: {
      /** @description The files that were written, or would be. */
      files: components["schemas"]["Written"][];
      result: components["schemas"]["Effect"];
      /**
       * Format: int64
       * @description The revision in use.
       */
      revision: number;
      /** @description The object as TOML, as the files have it now. */
      toml?: string | null;
      /** @description Warnings of the configuration as a whole. */
      warnings: components["schemas"]["Finding"][];
    };
    /** @description A part of a list. */
    Page_Api: {
      items: {
        enabled: boolean;
        /** @description Where it is published: `release`, `prepub`, `test`. */
        environments: string[];
        /** @description `name`, `namespace/name` or `namespace/name:version`. */
        function: string;
        /** @description Custom fields; `***` stands for a secret. */
        headers?: {
          [key: string]: string;
        };
        /** @description The largest request body, if it is not the gateway's limit; `0` is no limit. */
        max_body_bytes?: string | null;
        /** @description A method, or `ANY`. */
        method: string;
        /** @description Unique in its service. */
        name: string;
        /** @description The rule, such as `/orders/{id}`. */
        path: string;
        raw_path: boolean;
        service: string;
        status: components["schemas"]["ApiStatus"];
        /** @description The sync-wait timeout, if it is not the function's. */
        timeout?: string | null;
        /** @description Environments that use another version of the function. */
        versions?: {
          [key: string]: string;
        };
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Certificate: {
      items: {
        /**
         * Format: int64
         * @description Whole days until then; negative if it has expired.
         */
        days_left?: number | null;
        /** @description The distinguished name of whoever issued it. */
        issuer?: string | null;
        /**
         * @description The address of the listener that shows it; null for one that is shown to functions.
         * @example 0.0.0.0:443
         */
        listener?: string | null;
        /**
         * @description The DNS names that it is for; its subject if there are none.
         * @example [
         *       "shop.example.com"
         *     ]
         */
        names: string[];
        /** @description Until when it is valid (RFC 3339). */
        not_after?: string | null;
        /** @description From when on it is valid (RFC 3339). */
        not_before?: string | null;
        /**
         * @description `file:` and the path of the certificate, or `acme`.
         * @example file:/etc/fngate/shop.pem
         */
        source: string;
        state: components["schemas"]["CertificateState"];
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Environment: {
      items: {
        /** @description APIs that are published there. */
        apis: number;
        /** @description Domains that lead there. */
        domains: number;
        /** @description `release`, `prepub` or `test`. */
        name: string;
        /**
         * Format: int64
         * @description The revision that it serves.
         */
        revision?: number | null;
        state: components["schemas"]["State"];
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Function: {
      items: {
        connect_timeout: string;
        /** @description Custom fields; `***` stands for a secret. */
        headers?: {
          [key: string]: string;
        };
        /** @description Addresses: `http://host:port`, `https://host:port`, `h2c://host:port`, `unix:/path` or `builtin:echo`. */
        instances: string[];
        /** @description `auto`, or a duration. */
        keepalive: string;
        /** @description 0 is no limit. */
        max_concurrency: number;
        max_response_header_bytes: string;
        max_response_headers: number;
        /**
         * Format: int32
         * @description MB, announced to the function; 0 is not announced.
         */
        memory: number;
        name: string;
        namespace: string;
        /** @description `off`, or a duration. */
        ping_interval: string;
        /** @description `off`, `v1` or `v2`. */
        proxy_protocol: string;
        queue: number;
        queue_timeout: string;
        start_wait: string;
        status: components["schemas"]["FunctionStatus"];
        stream_idle: string;
        /** @description `0s` is no limit. */
        stream_max: string;
        /** @description The sync-wait timeout. */
        timeout: string;
        version: string;
        websocket_idle: string;
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Instance: {
      items: {
        address: string;
        /** @description `namespace/name:version`. */
        function: string;
        state: components["schemas"]["InstanceState"];
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Line: {
      items: {
        /** @description `create`, `change`, `delete`, `apply`, `rewrite`, `rollback`, `release`, `unrelease`, `follow`, `try`, or `reload` for a change of files by hand. */
        action: string;
        /** @description The object as it is, secrets masked. */
        after?: Record<string, never> | null;
        /** @description A token's name, a user's, or `file`. */
        author: string;
        /** @description The object as it was, secrets masked. */
        before?: Record<string, never> | null;
        /** @description An address, or `unix`; empty for a change of files by hand. */
        from: string;
        note?: string | null;
        /** @description The address of the object under `/v1`, an environment, a revision, files, or the method and path of a request. */
        object: string;
        /**
         * Format: int64
         * @description The revision in use afterwards.
         */
        revision: number;
        /** @description RFC 3339. */
        time: string;
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_RevisionInfo: {
      items: {
        /** @description A token's name, a user's, or `file`. */
        author: string;
        /** @description Of the names and contents of its files. */
        hash: string;
        /** @description Whether it is in use now. */
        in_use: boolean;
        note: string;
        /** Format: int64 */
        number: number;
        /** @description The environments that are pinned to it. */
        pinned: string[];
        /** @description When it was applied first (RFC 3339). */
        time: string;
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Route: {
      items: {
        api: string;
        /** @description The domains that lead to it. None: no request reaches it. */
        domains: components["schemas"]["Reached"][];
        enabled: boolean;
        environment: string;
        /** @description `namespace/name`. */
        function: string;
        /** @description The addresses of the function's instances. */
        instances: string[];
        /** @description A method, or `ANY`. */
        method: string;
        origin: components["schemas"]["Origin"];
        /** @description As the rule writes it. */
        path: string;
        /**
         * Format: int64
         * @description The revision that the environment is pinned to; null when it follows the configuration in use.
         */
        pinned?: number | null;
        service: string;
        timeout: string;
        /** Format: int64 */
        timeout_ms: number;
        /** @description Where the timeout was set: `file:line:column`, or `default`. */
        timeout_set_at: string;
        version: string;
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Service: {
      items: {
        domains: components["schemas"]["Domain"][];
        name: string;
        status: components["schemas"]["ServiceStatus"];
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A part of a list. */
    Page_Trigger: {
      items: {
        api: string;
        enabled: boolean;
        environments: string[];
        method: string;
        path: string;
        service: string;
        /** @description The effective sync-wait timeout. */
        timeout: string;
      }[];
      /** @description The `cursor` of the next page; null on the last. */
      next?: string | null;
      /** @description How many there are in all pages. */
      total: number;
    };
    /** @description A parameter of the path. */
    Parameter: {
      name: string;
      value: string;
    };
    /** @description Why a request was refused. Small, since it travels in results. */
    Problem: {
      /** @description The object as it is now, for a change that was made of an older one. */
      current?: Record<string, never> | null;
      detail: string;
      /** @description What the change would do to the object as it is now: a unified diff, with secrets masked. */
      diff?: string | null;
      /** @description What is wrong with the configuration that the change would make. */
      errors?: components["schemas"]["Finding"][];
      /** @description The API that has this path and method already: its address under `/v1`. */
      holder?: string | null;
      /** @description One word for programs. */
      reason: string;
      /** Format: int32 */
      status: number;
      title: string;
      /** @description Always `about:blank`: `reason` tells problems apart. */
      type: string;
    };
    /** @description A domain that leads to an API. */
    Reached: {
      base_path: string;
      /** @description A name, `*.name` or `*`. */
      host: string;
    };
    /** @description Another reading of the path. */
    ReadingNote: {
      /** @description Whether that is what the plain reading selects. */
      agrees: boolean;
      path: string;
      /** @description What such a server does, in words. */
      reading: string;
      /** @description The API that it selects. */
      selects?: string | null;
    };
    /** @description A load that changed nothing. */
    RefusedLoad: {
      errors: components["schemas"]["Finding"][];
      /** @description When (RFC 3339). */
      time: string;
    };
    /** @description The revision that is released. */
    ReleaseBody: {
      /**
       * Format: int64
       * @description The one in use without it.
       */
      revision?: number | null;
    };
    /** @description One request, as the access log has it, but without the values of its fields: only `Host` is there, which selects the service. */
    RequestEvent: {
      /** @description Why the exchange ended before its end. */
      aborted?: string | null;
      /** @description Empty if the request reached no API. */
      api: string;
      /** Format: int64 */
      bytes_in: number;
      /** Format: int64 */
      bytes_out: number;
      /** @description The address of the client. */
      client: string;
      /**
       * Format: double
       * @description Opening connections; null if an idle one was used.
       */
      connect_ms?: number | null;
      /** @description The same in words, as the client was told. */
      detail?: string | null;
      /**
       * Format: double
       * @description From the end of the request head to the end of the response.
       */
      duration_ms: number;
      /** @description `release`, `prepub` or `test`; null if the request reached no API. */
      environment?: string | null;
      /** @description `namespace/name`; empty if the request reached no API. */
      function: string;
      /**
       * Format: double
       * @description To the head of the function's response.
       */
      function_ms?: number | null;
      /** @description The host that the request was for; null if it named none. */
      host?: string | null;
      /** @description The instance that was asked last. */
      instance?: string | null;
      /** @description Empty if the request head could not be read. */
      method: string;
      /** @description Without the query. */
      path: string;
      /** @description `HTTP/2`, `HTTP/1.1` or `HTTP/1.0`. */
      protocol: string;
      /**
       * Format: double
       * @description Waiting for a slot; null if one was free.
       */
      queue_ms?: number | null;
      /** @description Why the gateway answered itself. */
      reason?: string | null;
      /** @description 32 hexadecimal digits, as in `X-Api-RequestId`. */
      request_id: string;
      /**
       * Format: int64
       * @description Of the configuration that the request was served with.
       */
      revision: number;
      /** @description Empty if no service answers to the host. */
      service: string;
      /**
       * Format: int32
       * @description 499 if the client left before there was one.
       */
      status: number;
      /** @description When the request head had been read, RFC 3339 in UTC with milliseconds. */
      time: string;
      version: string;
    };
    /** @description What differs between two revisions. */
    RevisionDiff: {
      /** @description In the unified format, with secrets masked; empty if nothing differs. */
      diff: string;
      /**
       * Format: int64
       * @description Null: before the first.
       */
      from?: number | null;
      /** Format: int64 */
      to: number;
    };
    /** @description A revision with its files. */
    RevisionFiles: {
      files: components["schemas"]["File"][];
      revision: components["schemas"]["RevisionInfo"];
    };
    /** @description A configuration that was in use. */
    RevisionInfo: {
      /** @description A token's name, a user's, or `file`. */
      author: string;
      /** @description Of the names and contents of its files. */
      hash: string;
      /** @description Whether it is in use now. */
      in_use: boolean;
      note: string;
      /** Format: int64 */
      number: number;
      /** @description The environments that are pinned to it. */
      pinned: string[];
      /** @description When it was applied first (RFC 3339). */
      time: string;
    };
    /**
     * @description What a caller may do.
     * @enum {string}
     */
    Role: "read" | "write";
    /** @description One API in one environment. */
    Route: {
      api: string;
      /** @description The domains that lead to it. None: no request reaches it. */
      domains: components["schemas"]["Reached"][];
      enabled: boolean;
      environment: string;
      /** @description `namespace/name`. */
      function: string;
      /** @description The addresses of the function's instances. */
      instances: string[];
      /** @description A method, or `ANY`. */
      method: string;
      origin: components["schemas"]["Origin"];
      /** @description As the rule writes it. */
      path: string;
      /**
       * Format: int64
       * @description The revision that the environment is pinned to; null when it follows the configuration in use.
       */
      pinned?: number | null;
      service: string;
      timeout: string;
      /** Format: int64 */
      timeout_ms: number;
      /** @description Where the timeout was set: `file:line:column`, or `default`. */
      timeout_set_at: string;
      version: string;
    };
    /** @description What the selected API brings along. */
    Selected: {
      /** @description The path that the function sees. */
      forwarded_path: string;
      /** @description Where the request may go. */
      instances: components["schemas"]["Instance"][];
      /** @description As they were sent, escapes and all. */
      parameters: components["schemas"]["Parameter"][];
      route: components["schemas"]["Route"];
    };
    /** @description A service: APIs that share domains. */
    Service: {
      domains: components["schemas"]["Domain"][];
      name: string;
      status: components["schemas"]["ServiceStatus"];
    };
    /** @description The keys of a service. */
    ServiceBody: {
      domains: components["schemas"]["Domain"][];
    };
    /** @description What follows from the rest of the configuration. */
    ServiceStatus: {
      apis: number;
      origin: components["schemas"]["Origin"];
    };
    /** @description Whose token it is that was shown. */
    Session: {
      /** @description When the session ends (RFC 3339); null for a token that is none of a session. */
      expires?: string | null;
      /** @description The author of what is changed with it. */
      name: string;
      role: components["schemas"]["Role"];
    };
    /** @description A code that somebody has. */
    ShownCode: {
      code: string;
    };
    /** @description A file that is applied. */
    Source: {
      /** @description As seen from the directory of the main file. */
      name: string;
      text: string;
    };
    /**
     * @description How an environment comes to what it serves.
     * @enum {string}
     */
    State: "follows" | "pinned" | "unreleased" | "unavailable";
    /** @description How the gateway is. */
    Status: {
      /** @description When it was applied (RFC 3339). */
      applied: string;
      /** @description The file of the audit log; null: the log is lost when the process ends. */
      audit?: string | null;
      counts: components["schemas"]["Counts"];
      /** @description Where new objects go that have no neighbour in a file that can be written; null: to the main file. */
      edit_dir?: string | null;
      environments: components["schemas"]["Environment"][];
      history: components["schemas"]["HistoryState"];
      /** @description Where it takes requests. */
      listeners: components["schemas"]["Listening"][];
      /** @description Keys whose change waits for a restart. */
      pending: string[];
      /** @description Whether it takes requests. */
      ready: boolean;
      refused?: components["schemas"]["RefusedLoad"] | null;
      /**
       * Format: int64
       * @description The revision in use.
       */
      revision: number;
      /** @description When the process started (RFC 3339). */
      started: string;
      /** @description Whether the configuration is removed when the process ends, as that of `fngate dev`. */
      temporary: boolean;
      /** @description Of fngate. */
      version: string;
      /** @description What an operator should look at. */
      warnings: components["schemas"]["Finding"][];
    };
    /** @description The requests that ended, and those that have not. */
    Traffic: {
      classes: components["schemas"]["Classes"];
      /**
       * Format: int64
       * @description Requests that are not over. Of a function, those that hold a slot.
       */
      in_flight: number;
      /**
       * Format: double
       * @description Of the whole request, from its head to the end of its response; null without any.
       */
      p50_ms?: number | null;
      /** Format: double */
      p95_ms?: number | null;
      /** Format: double */
      p99_ms?: number | null;
      /** @description Answers of the gateway's own a second, by reason. */
      refusals: {
        [key: string]: number;
      };
      /**
       * Format: double
       * @description A second.
       */
      requests: number;
    };
    /** @description The answer to a request that was tried. */
    Tried: {
      body: string;
      /**
       * Format: double
       * @description From the connection to the end of the answer.
       */
      duration_ms: number;
      encoding: components["schemas"]["Encoding"];
      /** @description In the order in which they came; values that are secret are not masked. */
      headers: components["schemas"]["Field"][];
      /** @description What the gateway calls the request. */
      request_id?: string | null;
      /** Format: int32 */
      status: number;
      /** @description Whether the body is longer than 256 KiB or was not at its end after 60 s, or has broken off. */
      truncated: boolean;
    };
    /** @description An API that is bound to a function, seen from the function. */
    Trigger: {
      api: string;
      enabled: boolean;
      environments: string[];
      method: string;
      path: string;
      service: string;
      /** @description The effective sync-wait timeout. */
      timeout: string;
    };
    /** @description A path and method that a function is bound to. */
    TriggerBody: {
      /** @description `release` without it. */
      environments?: string[] | null;
      /**
       * @description A method, or `ANY`; `GET` without it.
       * @example GET
       */
      method?: string | null;
      /** @description `METHOD path` without it. */
      name?: string | null;
      /** @example /orders/{id} */
      path: string;
      service: string;
      /** @example 15s */
      timeout?: string | null;
    };
    /** @description A request that is tried. */
    TryBody: {
      body?: string | null;
      headers?: components["schemas"]["Field"][] | null;
      /** @example GET */
      method: string;
      /**
       * @description `http://` or `https://` with a host, which becomes `Host`.
       * @example http://shop.example/orders/1?x=1
       */
      url: string;
    };
    /** @description A file of the configuration as somebody has typed it. */
    TypedFile: {
      /** @description That of the text before. */
      etag: string;
      /**
       * @description As `/v1/files` names it.
       * @example /etc/fngate/fngate.toml
       */
      file: string;
      /** @description TOML, in which `***` stands for a secret that the file has. */
      text: string;
    };
    /** @description A file that a change writes. */
    Written: {
      /** @description The lines that change, in the unified format, with secrets masked. */
      diff: string;
      file: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type Api = components["schemas"]["Api"];
export type ApiBody = components["schemas"]["ApiBody"];
export type ApiEnvironment = components["schemas"]["ApiEnvironment"];
export type ApiFigures = components["schemas"]["ApiFigures"];
export type ApiStatus = components["schemas"]["ApiStatus"];
export type ApplyBody = components["schemas"]["ApplyBody"];
export type Candidate = components["schemas"]["Candidate"];
export type Certificate = components["schemas"]["Certificate"];
export type CertificateState = components["schemas"]["CertificateState"];
export type ChangeEvent = components["schemas"]["ChangeEvent"];
export type Changed = components["schemas"]["Changed"];
export type ChangedApi = components["schemas"]["ChangedApi"];
export type ChangedEnvironment = components["schemas"]["ChangedEnvironment"];
export type ChangedFunction = components["schemas"]["ChangedFunction"];
export type ChangedService = components["schemas"]["ChangedService"];
export type Classes = components["schemas"]["Classes"];
export type Code = components["schemas"]["Code"];
export type Counts = components["schemas"]["Counts"];
export type Document = components["schemas"]["Document"];
export type DocumentRole = components["schemas"]["DocumentRole"];
export type Documents = components["schemas"]["Documents"];
export type Domain = components["schemas"]["Domain"];
export type DomainNote = components["schemas"]["DomainNote"];
export type Effect = components["schemas"]["Effect"];
export type Elsewhere = components["schemas"]["Elsewhere"];
export type Encoding = components["schemas"]["Encoding"];
export type Environment = components["schemas"]["Environment"];
export type Explained = components["schemas"]["Explained"];
export type Field = components["schemas"]["Field"];
export type Figures = components["schemas"]["Figures"];
export type File = components["schemas"]["File"];
export type FilesBody = components["schemas"]["FilesBody"];
export type Finding = components["schemas"]["Finding"];
export type Function = components["schemas"]["Function"];
export type FunctionBody = components["schemas"]["FunctionBody"];
export type FunctionFigures = components["schemas"]["FunctionFigures"];
export type FunctionStatus = components["schemas"]["FunctionStatus"];
export type HistoryState = components["schemas"]["HistoryState"];
export type Instance = components["schemas"]["Instance"];
export type InstanceState = components["schemas"]["InstanceState"];
export type Line = components["schemas"]["Line"];
export type Listening = components["schemas"]["Listening"];
export type NewCode = components["schemas"]["NewCode"];
export type NewSession = components["schemas"]["NewSession"];
export type Nothing = components["schemas"]["Nothing"];
export type Origin = components["schemas"]["Origin"];
export type Outcome = components["schemas"]["Outcome"];
export type PageApi = components["schemas"]["Page_Api"];
export type PageCertificate = components["schemas"]["Page_Certificate"];
export type PageEnvironment = components["schemas"]["Page_Environment"];
export type PageFunction = components["schemas"]["Page_Function"];
export type PageInstance = components["schemas"]["Page_Instance"];
export type PageLine = components["schemas"]["Page_Line"];
export type PageRevisionInfo = components["schemas"]["Page_RevisionInfo"];
export type PageRoute = components["schemas"]["Page_Route"];
export type PageService = components["schemas"]["Page_Service"];
export type PageTrigger = components["schemas"]["Page_Trigger"];
export type Parameter = components["schemas"]["Parameter"];
export type Problem = components["schemas"]["Problem"];
export type Reached = components["schemas"]["Reached"];
export type ReadingNote = components["schemas"]["ReadingNote"];
export type RefusedLoad = components["schemas"]["RefusedLoad"];
export type ReleaseBody = components["schemas"]["ReleaseBody"];
export type RequestEvent = components["schemas"]["RequestEvent"];
export type RevisionDiff = components["schemas"]["RevisionDiff"];
export type RevisionFiles = components["schemas"]["RevisionFiles"];
export type RevisionInfo = components["schemas"]["RevisionInfo"];
export type Role = components["schemas"]["Role"];
export type Route = components["schemas"]["Route"];
export type Selected = components["schemas"]["Selected"];
export type Service = components["schemas"]["Service"];
export type ServiceBody = components["schemas"]["ServiceBody"];
export type ServiceStatus = components["schemas"]["ServiceStatus"];
export type Session = components["schemas"]["Session"];
export type ShownCode = components["schemas"]["ShownCode"];
export type Source = components["schemas"]["Source"];
export type State = components["schemas"]["State"];
export type Status = components["schemas"]["Status"];
export type Traffic = components["schemas"]["Traffic"];
export type Tried = components["schemas"]["Tried"];
export type Trigger = components["schemas"]["Trigger"];
export type TriggerBody = components["schemas"]["TriggerBody"];
export type TryBody = components["schemas"]["TryBody"];
export type TypedFile = components["schemas"]["TypedFile"];
export type Written = components["schemas"]["Written"];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
