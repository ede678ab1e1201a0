//! What keys of `serverless.yml` would be here that no importer reads.

use crate::import::remark::{CORS, NOT_CHECKED, NOT_LIMITED};

const VARIABLES: &str = "environment variables are set where the function runs";
const BYTES: &str = "bodies pass byte for byte";
const PROGRAM: &str = "the gateway neither deploys nor starts programs";
const CLOUD: &str = "it identifies something in the cloud";

pub(super) fn meaning(key: &str) -> Option<&'static str> {
    Some(match key {
        "environment" | "environments" => VARIABLES,
        "auth" | "authorizer" | "private" | "authLevel" | "secretIds" | "authRelationApiId" | "authType" => NOT_CHECKED,
        "usagePlan" | "usagePlanId" | "throttling" | "apiKeys" => NOT_LIMITED,
        "enableCORS" | "cors" => CORS,
        "param" | "requestParameters" | "constantParameters" => {
            "parameters are not checked or changed: the function gets the request as it came"
        }
        "isBase64Encoded" | "isBase64Trigger" | "base64EncodedTriggerRules" => BYTES,
        "isIntegratedResponse" | "integratedResponse" => {
            "answers are not taken apart: the function sends its own status and fields"
        }
        "isForcedHttps" => "a listener with redirect_https sends clients to https",
        "certificateId" | "certId" => "the certificate goes into [listener.tls]",
        "protocols" | "protocol" => "listeners decide between http and https: see [listener.tls] and redirect_https",
        "src" | "code" | "codeUri" | "handler" | "runtime" | "include" | "exclude" | "package" | "plugins"
        | "layers" | "framework" | "frameworkVersion" | "image" => PROGRAM,
        "org" | "app" | "stage" | "serviceId" | "apiId" => CLOUD,
        "description" | "serviceDesc" | "desc" => "the gateway keeps no descriptions",
        _ => return None,
    })
}
