//! `serverless.yml` of other clouds, and what all of them share.

use super::Kind;

pub(super) const KINDS: [Kind; 7] = [
    (
        "provider aws with events in every form",
        "
service: notes
provider: { name: aws, runtime: nodejs20.x, timeout: 6, memorySize: 128, stage: \"${opt:stage, 'prod'}\", httpApi: { cors: true } }
custom: { base: orders }
functions:
  a:
    handler: a.main
    timeout: 3
    events:
      - httpApi: 'GET /notes/{id}'
      - httpApi: { path: /notes, method: post, authorizer: { name: jwt } }
      - http: DELETE notes/{id}
      - http: { path: '${self:custom.base}/{proxy+}', method: any, cors: true, private: true }
  b:
    name: ${self:service}-b
    timeout: 4
    events: [ { httpApi: '*' }, { http: { path: /list, method: [ get, head ] } }, { url: true }, { sqs: q }, { http: too many words }, { http: ~ } ]
",
        &[
            "name = \"notes\"\nhosts = [\"*\"]\n",
            "path = \"=/notes/{id}\"\nmethod = \"GET\"\nfunction = \"a\"\n",
            "path = \"=/notes\"\nmethod = \"POST\"\nfunction = \"a\"\n",
            "# functions.a.events[1].httpApi.authorizer: who may call is not checked",
            "path = \"=/notes/{id}\"\nmethod = \"DELETE\"\nfunction = \"a\"\n",
            "path = \"/orders/{proxy+}\"\nmethod = \"ANY\"\nfunction = \"a\"\n",
            "# functions.a.events[3].http.private: who may call is not checked",
            "name = \"notes-b\"\n",
            "path = \"/\"\nmethod = \"ANY\"\nfunction = \"notes-b\"\n",
            "path = \"=/list\"\nmethod = \"GET\"\n",
            "path = \"=/list\"\nmethod = \"HEAD\"\n",
            "[[service]]\nname = \"notes-b-url\"\n",
            "# functions.b.events[3].sqs: a gateway for requests has no `sqs` trigger\n",
            "# functions.b.events[4].http: not imported: `too many words` is not `METHOD /path`\n",
            "# functions.b.events[5].http: not imported: it has no path\n",
            "# provider.stage: ",
            "# provider.timeout: each function has its own\n",
            "memory = 128\n",
            "!custom",
        ],
    ),
    (
        "clouds that give each function an address of its name",
        "
service: s
provider: { name: azure }
functions:
  a: { events: [ { http: true, name: req, methods: [ GET, POST ], authLevel: anonymous } ] }
  b: { events: [ { http: path } ] }
  c: { events: [ { http: ~, path: x }, { event: { eventType: e } } ] }
",
        &[
            "path = \"/a\"\nmethod = \"GET\"\nfunction = \"a\"\n",
            "path = \"/a\"\nmethod = \"POST\"\n",
            "# functions.a.events[0].http: it names no path: the cloud used the name of the function\n",
            "# functions.a.events[0].name: there is no counterpart\n",
            "# functions.a.events[0].authLevel: who may call is not checked",
            "path = \"/b\"\nmethod = \"ANY\"\nfunction = \"b\"\n",
            "# functions.c.events[0].http: not imported: it has no path\n",
            "# functions.c.events[0].path: there is no counterpart\n",
            "# functions.c.events[1].event: a gateway for requests has no `event` trigger\n",
        ],
    ),
    (
        "functions in a list, provider as a word",
        "{ service: { name: s }, provider: aws, functions: [ { a: { events: [ { httpApi: GET /a } ] } }, '${file(b.yml)}' ] }",
        &["name = \"s\"\n", "path = \"=/a\"\n", "# functions[1]: `${file(b.yml)}`: there is no counterpart\n"],
    ),
    (
        "variables",
        "
service: s
provider: aws
custom:
  stages: { dev: { path: /dev-path } }
  stage: \"${opt:stage, 'dev'}\"
  timeout: 7
  events: [ { httpApi: 'GET /shared' } ]
  loop: ${self:custom.loop}
functions:
  a:
    timeout: ${self:custom.timeout}
    events: [ { httpApi: 'GET ${self:custom.stages.${self:custom.stage}.path}' }, { httpApi: { path: '/${env:X, \"x\"}' } }, { httpApi: { path: '/${file(x)}' } } ]
  b: { events: '${self:custom.events}', memorySize: '${self:custom.loop}' }
",
        &[
            "timeout = \"7s\"\n",
            "path = \"=/dev-path\"\n",
            "path = \"=/x\"\n",
            "# functions.a.events[1].httpApi.path: `/${env:X, \"x\"}`: the default is used\n",
            "# functions.a.events[2].httpApi.path: `/${file(x)}`: this file does not define it: put the value in\n",
            "path = \"=/shared\"\nmethod = \"GET\"\nfunction = \"b\"\n",
            "# functions.b.memorySize: ",
            "!# custom.stages",
            "!# custom.timeout",
        ],
    ),
    (
        "merge keys, and a second document",
        "
base: &base { type: web, timeout: 5, vpcConfig: { vpcId: v } }
component: scf
name: f
inputs:
  <<: *base
  events: [ { apigw: { parameters: { path: /a } } } ]
---
component: scf
name: second
",
        &[
            "timeout = \"5s\"\n",
            "# inputs.vpcConfig: there is no counterpart\n",
            "# base: there is no counterpart\n",
            "# document 2: not imported: only the first document of a file is\n",
            "!an event function",
        ],
    ),
    (
        "a tag of CloudFormation, a key that is there twice, a key without a value",
        "{ service: s, provider: aws, functions: { a: { timeout: !Ref T, role: x, role: y, layers: ~, events: [ httpApi: '*' ] } } }",
        &[
            "# functions.a.timeout: not imported: it is not a time\n",
            "# functions.a.role: there is no counterpart\n",
            "# functions.a.role: the key stands here twice: the first one counts\n",
            "# functions.a.layers: it has no value\n",
        ],
    ),
    (
        "hosts that are none",
        "
component: multi-scf
inputs:
  functions: { f: { type: web } }
  triggers:
    - { type: apigw, function: f, parameters: { name: one, customDomains: [ { domain: a.test }, { domain: 'b d' } ], endpoints: [ { path: / } ] } }
    - { type: apigw, function: f, parameters: { name: two, customDomains: [ { domain: 'c d' } ], endpoints: [ { path: / } ] } }
    - { type: apigw, function: f, parameters: { name: three, endpoints: [ { path: / } ] } }
    - { type: apigw, function: f, parameters: { name: four, endpoints: [ { path: / } ] } }
",
        &[
            "# not imported: `b d` is not a host\n[[service]]\nname = \"one\"\nhosts = [\"a.test\"]\n",
            "name = \"two\"\nhosts = [\"two.invalid\"]\n",
            "name = \"three\"\nhosts = [\"*\"]\n",
            "name = \"four\"\nhosts = [\"four.example.com\"]\n",
        ],
    ),
];
