//! `serverless.yml` of components, and of the cloud that they are for.

use super::Kind;

pub(super) const KINDS: [Kind; 16] = [
    (
        "scf of the second version",
        "
org: mine
app: shop
component: scf
name: api
inputs:
  name: ${name}-${stage}
  src: { src: ./src, exclude: [ .env ] }
  handler: index.main
  type: web
  namespace: spaced
  events:
    - apigw:
        parameters:
          serviceId: service-1
          endpoints:
            - { path: /, method: ANY, enableCORS: true, auth: { secretName: s }, usagePlan: { maxRequestNum: 9 }, responseType: HTML }
    - cos: { parameters: { bucket: b } }
",
        &[
            "name = \"api-dev\"\nnamespace = \"spaced\"\n",
            "function = \"spaced/api-dev\"\n",
            "# org: ",
            "# inputs.src: the gateway neither deploys nor starts programs\n",
            "# inputs.events[0].apigw.parameters.serviceId: ",
            "endpoints[0].enableCORS: the import sets up no policy of the gateway for CORS",
            "endpoints[0].auth: who may call is not checked: the import sets up no policy of the gateway\n",
            "endpoints[0].usagePlan: calls are not limited: the import sets up no policy of the gateway\n",
            "endpoints[0].responseType: there is no counterpart\n",
            "# inputs.events[1].cos: a gateway for requests has no `cos` trigger\n",
            "!an event function",
        ],
    ),
    (
        "components of the first version under names of their own",
        "
name: all
first:
  component: '@serverless/tencent-scf'
  inputs: { name: one, codeUri: ./, events: [ { apigw: { name: gw, parameters: { endpoints: [ { path: /a, method: GET } ] } } } ] }
site:
  component: '@serverless/tencent-website'
  inputs: { code: { root: ./ } }
",
        &[
            "# name: there is no counterpart\n",
            "# first.inputs.codeUri: ",
            "an event function",
            "name = \"gw\"\n",
            "# site: not imported: `website` is not a component with a function\n",
        ],
    ),
    (
        "a component that nobody knows",
        "
a: { component: express, inputs: {} }
b: { component: '@mine/thing', inputs: { src: ./ } }
",
        &["name = \"a\"", "# b: not imported: `mine/thing` is not a component with a function\n", "!name = \"b\""],
    ),
    (
        "a framework with apigatewayConf and functionConf",
        "
component: nextjs
name: web
inputs:
  functionName: ignored
  functionConf: { name: named, timeout: 9, memorySize: 64, eip: true }
  apigatewayConf:
    name: gateway
    timeout: 4
    environment: release
    enableCORS: true
    customDomain:
      - { domain: a.test, isDefaultMapping: 'FALSE', certificateId: c, pathMappingSet: [ { path: /v1, environment: release } ] }
",
        &[
            "name = \"ignored\"\n",
            "timeout = \"9s\"\nmemory = 64\n",
            "# inputs.functionConf.name: there is no counterpart\n",
            "# inputs.functionConf.eip: there is no counterpart\n",
            "name = \"gateway\"\n",
            "host = \"a.test\"\nbase_path = \"/v1\"\nenvironment = \"release\"\n",
            "certificateId: the certificate goes into [listener.tls]\n",
            "path = \"/\"\nmethod = \"ANY\"\nfunction = \"ignored\"\nenvironments = [\"release\"]\ntimeout = \"4s\"\n",
        ],
    ),
    (
        "a framework with little, and a domain with the mapping of the cloud",
        "{ component: flask, name: f, inputs: { src: ./, region: r, apigatewayConf: { protocols: [ http ], environment: test, customDomains: [ { domain: a.test } ] } } }",
        &[
            "[[function]]\nname = \"f\"\n",
            "base_path = \"/\"\nenvironment = \"test\"\n",
            "base_path = \"/test\"\nenvironment = \"test\"\n",
            "# the address that the cloud gave had the environment in front of the path\n[[service]]\n",
            "environments = [\"test\"]\n",
        ],
    ),
    (
        "a framework whose function is named in functionConf",
        "{ component: koa, name: k, inputs: { functionConf: { name: named }, apigatewayConf: { serviceName: s } } }",
        &["[[function]]\nname = \"named\"\n", "[[service]]\nname = \"s\"\n", "# name: there is no counterpart\n"],
    ),
    (
        "http with faas and apigw",
        "
component: http
name: web
inputs:
  faas: { framework: express, name: f, timeout: 10 }
  apigw:
    isDisabled: true
    api: { timeout: 15, name: main, qualifier: $DEFAULT, cors: true }
    customDomains: [ { domain: a.test, customMap: true, pathMap: [ { path: /x, environment: test }, { path: /, environment: release } ] } ]
",
        &[
            "name = \"f\"\n",
            "timeout = \"10s\"\n",
            "hosts = [\"a.test\"]\n",
            "base_path = \"/x\"\nenvironment = \"test\"\n",
            "name = \"main\"\npath = \"/\"\nmethod = \"ANY\"\nfunction = \"f\"\ntimeout = \"15s\"\nenabled = false\n",
            "# inputs.apigw.api.cors: ",
        ],
    ),
    (
        "multi-scf with functions by key",
        "
component: multi-scf
name: several
inputs:
  type: web
  memorySize: 128
  functions:
    index: { handler: a.b }
    user: { memorySize: 256, type: event }
  triggers:
    - { type: timer, function: index, parameters: { name: t } }
    - type: apigw
      parameters: { name: gw, apis: [ { path: /, method: GET, function: index }, { path: '/{id}', method: POST, function: user } ] }
",
        &[
            "name = \"index\"\ninstances = [\"http://127.0.0.1:9000\"]  # where it listens: yours\nmemory = 128\n",
            "an event function: requests come to it as HTTP here, not as events. A functions framework can serve it\n[[function]]\nname = \"user\"\n",
            "memory = 256\n",
            "# inputs.triggers[0]: a gateway for requests has no `timer` trigger\n",
            "path = \"/\"\nmethod = \"GET\"\nfunction = \"index\"\n",
            "path = \"/{id}\"\nmethod = \"POST\"\nfunction = \"user\"\n",
        ],
    ),
    (
        "multi-scf with a list of functions",
        "
component: multi-scf
inputs:
  type: web
  functions: [ { name: app-index }, { name: app-user }, { handler: nameless } ]
  triggers:
    - { type: apigw, function: { name: app-index }, parameters: { endpoints: [ { path: /a }, { path: /b, function: { name: app-user } } ] } }
    - apigw: { parameters: { serviceName: two, endpoints: [ { path: /c, function: { functionName: app-user } } ] } }
",
        &[
            "path = \"/a\"\nmethod = \"ANY\"\nfunction = \"app-index\"\n",
            "path = \"/b\"\nmethod = \"ANY\"\nfunction = \"app-user\"\n",
            "path = \"/c\"\nmethod = \"ANY\"\nfunction = \"app-user\"\n",
            "# inputs.functions[2]: not imported: it has no `name`\n",
            "!an event function",
        ],
    ),
    (
        "endpoints with backends of their own",
        "
component: apigateway
inputs:
  endpoints:
    - { path: /h, method: GET, serviceType: HTTP, serviceConfig: { url: 'http://backend.test:8080', path: /h, method: GET } }
    - { path: /p, serviceType: http, serviceConfig: { url: 'https://other.test/deep/', path: / } }
    - { path: /w, serviceType: WEBSOCKET, serviceConfig: { url: 'ws://ws.test' } }
    - { path: /m, serviceType: MOCK, serviceMockReturnMessage: hi }
    - { path: /b, serviceType: HTTP, serviceConfig: { url: 'http://$backend/' } }
",
        &[
            "`Host` is passed on",
            "instances = [\"http://backend.test:8080\"]\n",
            "instances = [\"https://other.test\"]\n",
            "instances = [\"http://ws.test\"]\n",
            "endpoints[1].serviceConfig.url: the function gets the path of the request, without `/deep` in front\n",
            "endpoints[1].serviceConfig.path: the function gets the path of the request\n",
            "# inputs.endpoints[3]: not imported: the cloud answered without a function",
            "# inputs.endpoints[4]: not imported: it has no URL that an instance can have\n",
            "![0].serviceConfig",
            "!path = \"/m\"",
        ],
    ),
    (
        "provider tencent",
        "
service: hello
provider: { name: tencent, runtime: Nodejs8.9, region: ap-hongkong, credentials: ~/credentials }
plugins: [ serverless-tencent-scf ]
functions:
  hello:
    handler: index.main_handler
    events:
      - apigw: { name: gw, parameters: { stageName: prepub, httpMethod: POST, integratedResponse: true, path: /hello } }
      - ckafka: { name: k }
",
        &[
            "region = \"ap-hongkong\"\n",
            "# service: there is no counterpart\n",
            "# provider.credentials: there is no counterpart\n",
            "# plugins: ",
            "name = \"gw\"\n",
            "path = \"/hello\"\nmethod = \"POST\"\nfunction = \"hello\"\nenvironments = [\"prepub\"]\n",
            "integratedResponse: answers are not taken apart",
        ],
    ),
    (
        "an environment that is none",
        "{ component: koa, name: k, inputs: { apigatewayConf: { environment: '${env:STAGE}' } } }",
        &["# inputs.apigatewayConf.environment: not imported: `${env:STAGE}` is none of release, prepub, test: the API is in `release`\n", "hosts = [\"*\"]\n"],
    ),
    (
        "domains that lead to another environment than the trigger's",
        "{ component: koa, name: k, inputs: { apigw: { customDomains: [ { domain: a.test, pathMap: [ { path: /, environment: test } ] } ] } } }",
        &["base_path = \"/release\"\nenvironment = \"release\"\n", "# no domain leads to `release`, which has APIs: `/release` at the first host does\n"],
    ),
    (
        "triggers of two environments",
        "
component: scf
inputs:
  name: f
  type: web
  events:
    - apigw: { name: off, parameters: { enable: false, endpoints: [ { path: /off } ] } }
    - apigw: { name: gw, parameters: { environment: test, endpoints: [ { path: /a, method: GET }, { path: /b, method: GET, serviceTimeout: 3 } ] } }
    - apigw: { name: gw, parameters: { environment: release, endpoints: [ { path: /a, method: GET }, { path: /b, method: GET } ] } }
",
        &[
            "path = \"/a\"\nmethod = \"GET\"\nfunction = \"f\"\nenvironments = [\"test\", \"release\"]\n",
            "base_path = \"/test\"\nenvironment = \"test\"\n",
            "path = \"/b\"\nmethod = \"GET\"\nfunction = \"f\"\nenvironments = [\"test\"]\ntimeout = \"3s\"\n",
            "# not imported: `GET /b` is bound already",
            "path = \"/off\"\nmethod = \"ANY\"\nfunction = \"f\"\nenabled = false\n",
        ],
    ),
    (
        "two regions, and a function that is described twice",
        "
a: { component: scf, inputs: { name: f, type: web, region: one, timeout: 3, events: [ { apigw: { parameters: { path: /a } } } ] } }
b: { component: scf, inputs: { name: f, type: web, region: two, timeout: 4 } }
",
        &["region = \"one\"\n", "# b.inputs.region: not imported: `two` beside `one`\n", "not imported: `timeout = \"4s\"`\n"],
    ),
    (
        "names that are the same when they are cut",
        "
component: multi-scf
inputs:
  functions:
    a-function-with-a-name-that-is-longer-than-sixty-characters-one: { type: web }
    a-function-with-a-name-that-is-longer-than-sixty-characters-two: { type: web }
    with.dot: { type: web }
    with-dot: { type: web }
  triggers: [ { type: apigw, parameters: { endpoints: [
    { path: /one, apiName: same, function: a-function-with-a-name-that-is-longer-than-sixty-characters-one },
    { path: /two, apiName: same, function: a-function-with-a-name-that-is-longer-than-sixty-characters-two } ] } } ]
",
        &[
            "[[function]]\nname = \"a-function-with-a-name-that-is-longer-than-sixty-characters\"\n",
            "[[function]]\nname = \"a-function-with-a-name-that-is-longer-than-sixty-character-2\"\n",
            "path = \"/two\"\nmethod = \"ANY\"\nfunction = \"a-function-with-a-name-that-is-longer-than-sixty-character-2\"\n",
            "# the name was `a-function-with-a-name-that-is-longer-than-sixty-characters-two`\n",
            "# the name was `with.dot`\n[[function]]\nname = \"with-dot-2\"\n",
            "name = \"same-2\"\n",
        ],
    ),
];
