mod kinds;
mod lossless;
mod reach;
mod syntax;

use super::*;

fn imported(text: &str) -> String {
    import(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

const COMPONENT: &str = "
app: shop
stage: prod
component: scf
name: orders
inputs:
  name: ${name}-${stage}-${app}
  type: web
  region: ap-guangzhou
  vpcConfig: { vpcId: v }
  memorySize: 256
  timeout: 20
  events:
    - timer:
        parameters:
          cronExpression: '* * * * *'
    - apigw:
        parameters:
          serviceName: shop
          protocols: [http, https]
          environment: test
          endpoints:
            - path: /orders/{id}
              method: get
              apiName: get-order
              serviceTimeout: 2.5
              enableCORS: true
              function:
                functionQualifier: $LATEST
            - path: =/orders
              method: POST
              function:
                functionQualifier: 3
";

const IMPORTED_COMPONENT: &str = r#"# inputs.events[0].timer: a gateway for requests has no `timer` trigger
[[listener]]
address = "0.0.0.0:8080"

[gateway]
region = "ap-guangzhou"

# inputs.vpcConfig: there is no counterpart
[[function]]
name = "orders-prod-shop"
instances = ["http://127.0.0.1:9000"]  # where it listens: yours
timeout = "20s"
memory = 256

[[function]]
name = "orders-prod-shop"
version = "3"
instances = ["http://127.0.0.1:9001"]  # where it listens: yours
timeout = "20s"
memory = 256

# inputs.events[1].apigw.parameters.protocols: listeners decide between http and https: see [listener.tls] and redirect_https
# the document names no domain: put yours in the place of this host
# the address that the cloud gave had the environment in front of the path
[[service]]
name = "shop"

[[service.domain]]
host = "*"
base_path = "/"
environment = "test"

[[service.domain]]
host = "*"
base_path = "/test"
environment = "test"

# inputs.events[1].apigw.parameters.endpoints[0].enableCORS: the import sets up no policy of the gateway for CORS: the function answers OPTIONS itself
[[service.api]]
name = "get-order"
path = "/orders/{id}"
method = "GET"
function = "orders-prod-shop"
environments = ["test"]
timeout = "2s500ms"

[[service.api]]
path = "=/orders"
method = "POST"
function = "orders-prod-shop:3"
environments = ["test"]
"#;

/// A file, the functions that are in it, its rules (method, path and function), and the timeout of the first function in seconds.
const FORMS: [(&str, &[&str], &[&str], u64); 4] = [
        (
            // Components under names of their own.
            "
one:
  component: '@serverless/tencent-scf@2.0'
  inputs: { name: first, type: web, events: [ { apigw: { parameters: { endpoints: [ { path: /x, method: ANY } ] } } } ] }
two:
  component: \"@serverless/tencent-express\"
  inputs: { functionName: second, functionConf: { timeout: 10 }, apigatewayConf: { environment: release, customDomains: [ { domain: b.test } ] } }
db:
  component: '@serverless/tencent-postgresql'
  inputs: {}
",
            &["first", "second"],
            &["ANY /x -> first", "ANY / -> second"],
        15,
        ),
        (
            "
service: s
provider: { name: tencent, timeout: 7 }
functions:
  hello:
    events: [ { apigw: { name: gw, parameters: { stageName: release, httpMethod: POST, integratedResponse: true } } } ]
  url:
    type: web
    events: [ { http: { parameters: { netConfig: {} } } }, { http: { path: /p, method: get } } ]
",
            &["hello", "url"],
            &["POST /hello -> hello", "ANY / -> url", "GET /p -> url"],
        7,
        ),
        (
            "
component: multi-scf
name: several
inputs:
  timeout: 3
  functions: { list: { type: web }, create: { type: web, timeout: 10 } }
  triggers:
    - type: cos
      function: list
    - type: apigw
      parameters:
        name: users
        endpoints: [ { path: /u, method: GET, function: list }, { path: /u, method: POST, function: { functionName: create } } ]
",
            &["list", "create"],
            &["GET /u -> list", "POST /u -> create"],
        3,
        ),
        (
            "
component: apigateway
name: gateway
inputs:
  serviceName: front
  environment: prepub
  customDomains: [ { domain: a.test, pathMappingSet: [ { path: /v1, environment: prepub } ] } ]
  endpoints: [ { path: /f, method: GET, function: { functionName: far, functionNamespace: space, functionQualifier: 2 } } ]
",
            &["far"],
            &["GET /f -> space/far:2"],
        15,
        ),
];

#[test]
fn a_component_with_endpoints() {
    assert_eq!(imported(COMPONENT), IMPORTED_COMPONENT);
}

#[test]
fn functions_share_what_the_provider_says_and_the_gateway_that_their_triggers_name() {
    let text = imported(
        "
service: shop
provider: { name: tencent, timeout: 10, memorySize: 256, environment: { variables: { DB: d } } }
functions:
  list:
    type: web
    memorySize: 128
    events: [ { apigw: { name: orders, parameters: { stageName: release, httpMethod: GET, path: /orders } } } ]
  get:
    type: web
    events: [ { apigw: { name: orders, parameters: { stageName: release, httpMethod: GET, path: '/orders/{id}' } } } ]
",
    );
    assert!(text.contains("# provider.environment: environment variables are set where the function runs\n"), "{text}");
    let config = crate::config::parse(std::path::Path::new("fngate.toml"), &text).expect("a configuration");
    let memory: Vec<_> = text.lines().filter(|line| line.starts_with("memory")).collect();
    assert_eq!(memory, ["memory = 128", "memory = 256"]);
    assert_eq!(config.services.len(), 1, "{text}");
    assert_eq!(config.services[0].apis.len(), 2);
}

#[test]
fn what_the_configuration_refuses_becomes_a_comment() {
    let text = imported(
        "
component: scf
name: f
inputs:
  type: web
  events:
    - apigw:
        parameters:
          endpoints:
            - { path: '/a/{x}', method: GET }
            - { path: '/a/{y}', method: GET, serviceTimeout: 9 }
            - { path: '^~/b', method: GET }
            - { path: /c, method: GET, serviceTimeout: 100000 }
            - { path: '/${env:SECRET}', method: PUT }
",
    );
    for expected in [
        "# not imported: `GET /a/{y}` is bound already",
        "# the path was `^~/b`",
        "# not imported: `timeout` must be from 1ms to 30m",
        "path = \"/a/{x}\"\n",
        // The configuration must not read a variable of its own into it.
        "$${env:SECRET}",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn every_form_of_serverless_yml() {
    for (text, functions, rules, seconds) in FORMS {
        let text = imported(text);
        let config =
            crate::config::parse(std::path::Path::new("test"), &text).unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(config.functions[0].timeout.value.as_secs(), seconds, "{text}");
        assert!(!text.contains("method: there is no"), "what is read is said to be lost: {text}");
        let names: Vec<_> = config.functions.iter().map(|function| function.id.name.as_str()).collect();
        assert_eq!(names, functions, "{text}");
        for rule in rules {
            let (start, function) = rule.split_once(" -> ").expect("a rule");
            let (method, path) = start.split_once(' ').expect("a method and a path");
            let block = format!("path = \"{path}\"\nmethod = \"{method}\"\nfunction = \"{function}\"\n");
            assert!(text.contains(&block), "{block}\n{text}");
        }
    }
}

#[test]
fn openapi() {
    let text = imported(
        r##"{
  "openapi": "3.0.3",
  "info": { "title": "Pet shop", "version": "1" },
  "servers": [ { "url": "https://{region}.example.com:8443/v2/", "variables": { "region": { "default": "eu" } } } ],
  "components": { "securitySchemes": { "key": { "type": "apiKey" } } },
  "paths": {
    "/pets/{id}": {
      "parameters": [],
      "get": { "operationId": "getPet", "responses": { "200": { "description": "ok" } } },
      "delete": { "deprecated": true, "security": [ { "key": [] } ], "responses": {} }
    },
    "/pets/{id}.json": { "get": { "responses": {} } },
    "x-owner": "me"
  }
}"##,
    );
    for expected in [
        "name = \"Pet-shop\"\n",
        "# the name was `Pet shop`\n",
        "hosts = [\"eu.example.com\"]\n",
        "name = \"getPet\"\npath = \"=/v2/pets/{id}\"\nmethod = \"GET\"\n",
        "# paths./pets/{id}.delete.deprecated: the gateway does not tell clients\n",
        "# paths./pets/{id}.delete.security: who may call",
        "# components.securitySchemes: who may call",
        "# path = \"=/v2/pets/{id}\"\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let text = imported(
        "swagger: '2.0'\ninfo: { title: t }\nhost: a.test\nbasePath: /b\npaths: { /c: { get: { responses: { 200: {} } } } }",
    );
    assert!(text.contains("hosts = [\"a.test\"]") && text.contains("path = \"=/b/c\""), "{text}");
}

#[test]
fn every_path_is_an_api_or_a_remark() {
    let text = imported(
        r##"{ "openapi": "3.2.0", "info": { "title": "t" }, "paths": {
  "/a": { "$ref": "other.yaml#/x", "GET": {}, "Post": null, "query": {}, "copy": {}, "parameters": [], "summary": "s" },
  "no-slash": { "get": {} }, "/null": null, "/list": [1], "/empty": { "x-any": {} }, "x-more": {}
} }"##,
    );
    for expected in [
        "# paths./a.$ref: not imported: the path is described at `other.yaml#/x`: put it in its place\n",
        "\npath = \"=/a\"\nmethod = \"QUERY\"\n",
        "# paths./a.copy: not imported: it is not a method\n",
        "# paths.no-slash: not imported: a path starts with a slash\n",
        "# paths./null: not imported: it is not a mapping of methods\n",
        "# paths./list: not imported: it is not a mapping of methods\n",
        "# paths./empty.x-any: there is no counterpart\n",
        "# paths.x-more: there is no counterpart\n",
        "\npath = \"=/a\"\nmethod = \"GET\"\n",
        "\npath = \"=/a\"\nmethod = \"POST\"\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("parameters:") && !text.contains("summary"), "{text}");
}

#[test]
fn times_are_read_or_said_to_be_none() {
    let text = imported(
        "
service: s
provider: { name: tencent, timeout: 7, memorySize: lots }
functions:
  one: { timeout: 30s, memorySize: 64 MB, events: [ { apigw: { parameters: { endpoints: [
    { path: /a, serviceTimeout: '15 s' }, { path: /b, serviceTimeout: '2.5' }, { path: /c, serviceTimeout: soon } ] } } } ] }
  two: { timeout: [1] }
  nul: ~
",
    );
    for expected in [
        "timeout = \"30s\"\nmemory = 64\n",
        "path = \"/a\"\nmethod = \"ANY\"\nfunction = \"one\"\ntimeout = \"15s\"\n",
        "timeout = \"2s500ms\"\n",
        "endpoints[2].serviceTimeout: not imported: `soon` is not a time\n",
        "# functions.two.timeout: not imported: it is not a time\n",
        "# provider.memorySize: not imported: `lots` is not a number of MB\n",
        "name = \"nul\"\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn every_event_is_an_api_or_a_remark() {
    let events = "[ { http: GET /a }, apigw, { apigw: ~ }, { http: { path: /b, method: [get, post] } } ]";
    let text = imported(&format!("component: scf\nname: f\ninputs: {{ type: web, events: {events} }}"));
    for expected in [
        "\npath = \"/a\"\nmethod = \"GET\"\n",
        "# inputs.events[1]: not imported: `apigw` has neither path nor method\n",
        "\npath = \"/f\"\nmethod = \"ANY\"\n",
        "\npath = \"/b\"\nmethod = \"GET\"\nfunction = \"f\"\n\n[[service.api]]\npath = \"/b\"\nmethod = \"POST\"\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn a_bad_host_or_name_keeps_its_service() {
    let text = imported(
        "openapi: 3.0.0\ninfo: { title: 中文 }\nservers: [ { url: 'https://{h}.x/v1' } ]\npaths: { /a: { get: { operationId: ö } } }",
    );
    for expected in [
        "# `{h}.x` is not a host: put yours in the place of `function.invalid`\n[[service]]\nname = \"--\"\nhosts = [\"function.invalid\"]\n",
        "# the name was `中文`\n# `{h}.x`",
        "# the name was `ö`\n[[service.api]]\nname = \"-\"\npath = \"=/v1/a\"\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let trigger = |name: &str, host: &str| {
        format!(
            "{{ apigw: {{ parameters: {{ serviceName: {name}, customDomains: [ {{ domain: '{host}' }} ], endpoints: [ {{ path: /a }} ] }} }} }}"
        )
    };
    let several = |hosts: [&str; 2]| {
        let [one, two] = [trigger("one", hosts[0]), trigger("two", hosts[1])];
        imported(&format!("component: scf\nname: f\ninputs: {{ type: web, events: [ {one}, {two} ] }}"))
    };
    let text = several(["b d", "*"]);
    assert!(text.contains("\nhosts = [\"one.invalid\"]\n") && text.contains("\nhosts = [\"*\"]\n"), "{text}");
    // The APIs of a service that is not there are not another's.
    let text = several(["a.test", "a.test"]);
    assert!(text.contains("# not imported: its service is not\n# [[service.api]]\n"), "{text}");
}

#[test]
fn what_is_neither_says_so() {
    for (text, expected) in [
        ("a: [", "not YAML or JSON"),
        ("", "names no API"),
        ("a: 1", "neither a serverless.yml"),
        ("openapi: 3.0.0\ninfo: { title: t }\npaths: {}", "names no API"),
        ("component: scf\nname: f\ninputs: { events: [ { timer: {} } ] }", "names no API"),
    ] {
        let error = import(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
