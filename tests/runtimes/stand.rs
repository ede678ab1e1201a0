//! A function in its runtime with a gateway in front of it.

use tempfile::TempDir;

use crate::clock;
use crate::function::{Function, Runtime};
use crate::gateway::Gateway;

/// The host of the service that the gateway serves.
pub(crate) const HOST: &str = "shop.example.com";

#[derive(Debug)]
pub(crate) struct Stand {
    // The order in which they end: a gateway that is gone leaves no connection for the function to wait for.
    pub(crate) gateway: Gateway,
    pub(crate) function: Function,
    _folder: TempDir,
}

impl Stand {
    /// Starts both and returns when they answer.
    pub(crate) async fn start(runtime: Runtime) -> Self {
        let _busy = clock::busy().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let function = Function::start(runtime, folder.path()).await;
        let gateway = Gateway::start(&configuration(runtime, &function), folder.path()).await;
        Self { gateway, function, _folder: folder }
    }
}

/// The address as the configuration has it.
fn instance(runtime: Runtime, function: &Function) -> String {
    let plain = function.address.to_string();
    match (runtime.scheme(), plain.split_once("://")) {
        (Some(scheme), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => plain,
    }
}

fn configuration(runtime: Runtime, function: &Function) -> String {
    format!(
        r#"
[gateway]
drain_timeout = "2s"

[[listener]]
address = "127.0.0.1:0"

[admin]
address = "127.0.0.1:0"

[log]
access = "stdout"

[[function]]
name = "{name}"
namespace = "shop"
version = "7"
instances = ["{address}"]
timeout = "20s"
memory = 512
{settings}

[[service]]
name = "shop"
hosts = ["{HOST}"]

[[service.domain]]
host = "{HOST}"
base_path = "/test"
environment = "test"

[[service.api]]
name = "all"
path = "/"
method = "ANY"
function = "shop/{name}:7"

[[service.api]]
name = "headers"
path = "/headers/{{id}}/{{rest+}}"
method = "GET"
function = "shop/{name}:7"
environments = ["test"]
timeout = "12s"

[[service.api]]
name = "slow"
path = "=/slow"
method = "GET"
function = "shop/{name}:7"
timeout = "500ms"
"#,
        name = runtime.name(),
        settings = runtime.settings(),
        address = instance(runtime, function),
    )
}
