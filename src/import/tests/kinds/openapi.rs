//! OpenAPI, plain and of gateways of clouds.

use super::Kind;

pub(super) const KINDS: [Kind; 9] = [
    (
        "a plain one of version 3",
        "
openapi: 3.0.3
info: { title: Swagger Petstore, version: 1.0.0, license: { name: MIT } }
servers: [ { url: http://petstore.test/v1 } ]
tags: [ { name: pets } ]
paths:
  /pets:
    summary: all
    get: { summary: s, operationId: listPets, tags: [ pets ], parameters: [ { name: limit, in: query } ], responses: { '200': { description: d } } }
    post: { operationId: createPets, requestBody: {}, responses: {} }
components: { schemas: { Pet: { type: object, x-any: 1 } } }
",
        &[
            "hosts = [\"petstore.test\"]\n",
            "name = \"listPets\"\npath = \"=/v1/pets\"\nmethod = \"GET\"\nfunction = \"Swagger-Petstore\"\n",
            "name = \"createPets\"\n",
            "!there is no counterpart",
        ],
    ),
    (
        "extensions at the root, and security everywhere",
        r##"{ "openapi": "3.1.0", "x-logo": "l", "info": { "title": "t" }, "security": [ { "k": [] } ], "webhooks": { "w": {} },
  "components": { "securitySchemes": { "k": { "type": "apiKey" } }, "pathItems": { "p": { "get": { "operationId": "pointed" } } } },
  "paths": { "/a": { "get": { "security": [], "x-rate": 1, "callbacks": {}, "deprecated": true }, "servers": [ { "url": "/x" } ] }, "/p": { "$ref": "#/components/pathItems/p" } } }"##,
        &[
            "# x-logo: there is no counterpart\n",
            "# security: who may call is not checked: the import sets up no policy of the gateway\n",
            "# components.securitySchemes: who may call is not checked",
            "# webhooks: ",
            "# paths./a.get.security: who may call is not checked",
            "# paths./a.get.x-rate: there is no counterpart\n",
            "# paths./a.get.callbacks: ",
            "# paths./a.get.deprecated: the gateway does not tell clients\n",
            "# paths./a.servers: a service has one set of hosts\n",
            "name = \"pointed\"\npath = \"=/p\"\n",
        ],
    ),
    (
        "servers of every form",
        "
openapi: 3.0.0
info: { title: t }
servers:
  - { url: 'https://{r}.example.com:8443/v2/', description: d, variables: { r: { default: eu, enum: [ eu ] } } }
  - { url: 'https://{unknown}/v2' }
  - { url: '//second.test/v2?q' }
  - { url: 'https://third.test/v3' }
paths: { /a: { get: {} } }
",
        &[
            "hosts = [\"eu.example.com\", \"second.test\"]\n",
            "path = \"=/v2/a\"\n",
            "# servers[0].url: the port 8443 is not in the host",
            "# servers[0].variables.r.enum: there is no counterpart\n",
            "# not imported: `{unknown}` is not a host\n",
            "# servers[3]: not imported: a server with the path `/v3` beside `/v2`\n",
            "!third.test\"",
            "![\"*\"]",
        ],
    ),
    (
        "version 2 with a base path without a slash",
        "
swagger: '2.0'
info: { title: t }
host: a.test:8080
basePath: api/v1/
schemes: [ https ]
produces: [ application/json ]
definitions: { X: {} }
securityDefinitions: { k: { type: apiKey } }
paths: { /a: { get: { responses: {} } } }
",
        &[
            "hosts = [\"a.test\"]\n",
            "path = \"=/api/v1/a\"\n",
            "# host: the port 8080 is not in the host",
            "# schemes: listeners decide between http and https",
            "# securityDefinitions: who may call is not checked",
            "!produces",
            "!definitions.X",
        ],
    ),
    (
        "a gateway of AWS",
        r#"{ "swagger": "2.0", "info": { "title": "t" }, "basePath": "/prod", "x-amazon-apigateway-policy": { "Version": "1" },
  "paths": {
    "/": { "options": { "x-amazon-apigateway-integration": { "type": "mock", "requestTemplates": {} } } },
    "/{proxy+}": { "x-amazon-apigateway-any-method": { "x-amazon-apigateway-integration": { "type": "AWS_PROXY", "uri": "arn:aws:apigateway:eu:lambda:path/2015-03-31/functions/arn:aws:lambda:eu:1:function:Pets/invocations", "timeoutInMillis": 29000 } } },
    "/sub": { "get": { "x-amazon-apigateway-integration": { "type": "aws_proxy", "uri": { "Fn::Sub": "arn:x/${HelloFunction.Arn}/invocations" } } } },
    "/http/{id}": { "get": { "x-amazon-apigateway-integration": { "type": "HTTP_PROXY", "uri": "https://b.test/http/{id}", "httpMethod": "GET", "timeoutInMillis": "soon" } } } } }"#,
        &[
            "# x-amazon-apigateway-policy: who may call is not checked",
            "integration.type: the cloud answered without a function: here the function answers\n",
            "path = \"/prod/{proxy+}\"\nmethod = \"ANY\"\nfunction = \"Pets\"\ntimeout = \"29s\"\n",
            "path = \"=/prod/sub\"\nmethod = \"GET\"\nfunction = \"HelloFunction\"\n",
            "instances = [\"https://b.test\"]\n",
            "integration.uri: the function gets the path of the request, without `/http/{id}` in front\n",
            "integration.timeoutInMillis: not imported: `soon` is not a number of milliseconds\n",
            "integration.httpMethod: there is no counterpart\n",
        ],
    ),
    (
        "a gateway of Google",
        "
swagger: '2.0'
info: { title: t }
x-google-backend: { address: 'https://p.functions.test/hello', deadline: 12.5 }
x-google-management: { quota: {} }
paths:
  /hello: { get: { operationId: hello } }
  /run: { post: { x-google-backend: { address: 'https://run.test', path_translation: APPEND_PATH_TO_ADDRESS, jwt_audience: j, protocol: h2 } } }
  /fix: { get: { x-google-backend: { address: 'grpc://x', path_translation: CONSTANT_ADDRESS } } }
",
        &[
            "name = \"hello\"\ninstances = [\"https://p.functions.test\"]\n",
            "name = \"run-test\"\ninstances = [\"https://run.test\"]\n",
            "# x-google-backend.address: the function gets the path of the request, without `/hello` in front\n",
            "path = \"=/hello\"\nmethod = \"GET\"\nfunction = \"hello\"\ntimeout = \"12s500ms\"\n",
            "path = \"=/run\"\nmethod = \"POST\"\nfunction = \"run-test\"\n",
            "x-google-backend.jwt_audience: who may call is not checked",
            "x-google-backend.protocol: there is no counterpart\n",
            "x-google-backend.address: not imported: `grpc://x` is not an address of an instance\n",
            "x-google-backend.path_translation: the function gets the path of the request\n",
            "# x-google-management: calls are not limited",
        ],
    ),
    (
        "a gateway of AWS with shared integrations and a default route",
        r##"{ "openapi": "3.0.1", "info": { "title": "t" }, "servers": [ { "url": "https://a.test/{basePath}", "variables": { "basePath": { "default": "" } } } ],
  "paths": { "/b": { "get": { "x-amazon-apigateway-integration": { "$ref": "#/nowhere" } } }, "/$default": { "x-amazon-apigateway-any-method": { "isDefaultRoute": true, "x-amazon-apigateway-integration": { "$ref": "#/components/x-amazon-apigateway-integrations/one" } } } },
  "components": { "x-amazon-apigateway-integrations": { "one": { "type": "aws_proxy", "uri": "arn:aws:lambda:eu:1:function:rest/invocations", "payloadFormatVersion": "2.0" }, "two": { "type": "mock" } } } }"##,
        &[
            "hosts = [\"a.test\"]\n",
            "path = \"/\"\nmethod = \"ANY\"\nfunction = \"rest\"\n",
            "# components.x-amazon-apigateway-integrations.one.payloadFormatVersion: there is no counterpart\n",
            "# components.x-amazon-apigateway-integrations.two: there is no counterpart\n",
            "# paths./b.get.x-amazon-apigateway-integration: there is no counterpart\n",
        ],
    ),
    (
        "methods of every form",
        "openapi: 3.2.0\ninfo: { title: t }\npaths: { /a: { query: {}, additionalOperations: { COPY: {} }, Put: ~, other: {} } }",
        &["method = \"QUERY\"\n", "method = \"COPY\"\n", "method = \"PUT\"\n", "# paths./a.other: not imported: it is not a method\n"],
    ),
    (
        "paths that are no rules",
        "
openapi: 3.0.0
info: { title: t }
paths:
  '/pets/{id}.json': { get: { operationId: json } }
  '/pets/{id}': { get: {} }
  '/op/{id}:adopt': { post: {} }
  '/q?x={y}': { get: {} }
  '/h#frag': { get: {} }
  '/two/{a}/{a}': { get: {} }
  '/odd/{pet.id}': { get: {} }
  '/star/*': { get: {} }
  '/deep/{p=**}': { get: {} }
  '/mid/{p+}/x': { get: {} }
  '/gap//x': { get: {} }
  '//nothing': { get: {} }
",
        &[
            "# not imported: `GET =/pets/{id}` is bound already in the service `t`\n",
            "# the path was `/pets/{id}.json`: a parameter is a whole segment",
            "\npath = \"=/pets/{id}\"\n",
            "\npath = \"=/op/{id}\"\n",
            "\npath = \"=/q\"\n",
            "# the path was `/q?x={y}`: a rule has neither query nor fragment\n",
            "\npath = \"=/h\"\n",
            "\npath = \"=/two/{a}/{a-2}\"\n",
            "\npath = \"=/odd/{pet-id}\"\n",
            "# the path was `/star/*`: a parameter stands for `*`\n",
            "\npath = \"/star/{rest+}\"\n",
            "\npath = \"/deep/{p+}\"\n",
            "\npath = \"/mid\"\n",
            "\npath = \"/gap\"\n",
            "# path = \"=//nothing\"\n",
        ],
    ),
];
