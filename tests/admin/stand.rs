//! A gateway with tokens of both roles, and what is asked of its admin API.

use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Answer, Call};
use super::support::directories::RUNTIME;
use super::support::fngate;
use super::support::gateway::{BASE, Folder, Gateway};
use super::support::port::free_port;
use super::support::process::run;

/// The service and the API that every stand has.
pub const SHOP: &str = r#"
# What sells.
[[function]]
name = "echo" # the only one
instances = ["builtin:echo"]

[[service]]
name = "shop"
hosts = ["shop.test"]

# Everything.
[[service.api]]
name = "all"
path = "/"
method = "ANY"
function = "echo"
headers = { "X-Stage" = "a" } # changed by tests
"#;

pub const ALL: &str = "/v1/services/shop/apis/all";

/// A token as `fngate token new` makes it.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    /// What the configuration says of it.
    pub table: String,
}

#[derive(Debug)]
pub struct Stand {
    pub gateway: Gateway,
    pub folder: Folder,
    /// The gateway's own token.
    pub own: String,
    pub read: Token,
    pub write: Token,
}

impl Token {
    pub fn new(name: &str, role: &str) -> Self {
        let finished = run(&mut fngate(&["token", "new", name, "--role", role]));
        assert_eq!(finished.code(), Some(0), "{}", finished.err);
        let at = finished.err.find("[[admin.token]]").unwrap_or_else(|| panic!("no table: {}", finished.err));
        Self { text: finished.out.trim().to_owned(), table: finished.err[at..].to_owned() }
    }
}

impl Stand {
    #[track_caller]
    pub fn start() -> Self {
        Self::with(SHOP)
    }

    /// With this behind what every configuration begins with.
    #[track_caller]
    pub fn with(configuration: &str) -> Self {
        Self::of(BASE, configuration)
    }

    /// At a port that stays its own when it starts again.
    #[track_caller]
    pub fn at_port() -> Self {
        let port = format!("[admin]\naddress = \"127.0.0.1:{}\"", free_port());
        Self::of(&BASE.replace("[admin]\naddress = \"127.0.0.1:0\"", &port), SHOP)
    }

    /// With another beginning.
    #[track_caller]
    pub fn of(base: &str, configuration: &str) -> Self {
        let (read, write) = (Token::new("reader", "read"), Token::new("writer", "write"));
        let folder = Folder::new(&format!("{base}{}{}{configuration}", read.table, write.table));
        let gateway = Gateway::start(&folder);
        let own = own_token(&folder, &gateway);
        Self { gateway, folder, own, read, write }
    }

    /// Ends it with a signal, and starts it again.
    #[track_caller]
    pub fn restart(self, signal: Signal) -> Self {
        let Self { gateway, folder, read, write, .. } = self;
        gateway.process.signal(signal);
        let ended = gateway.process.finish();
        assert!(signal == Signal::KILL || ended.code() == Some(0), "{ended:?}");
        let gateway = Gateway::start(&folder);
        let own = own_token(&folder, &gateway);
        Self { gateway, folder, own, read, write }
    }

    #[track_caller]
    pub fn send(&self, call: &Call) -> Answer {
        call.send(self.gateway.admin).unwrap_or_else(|error| panic!("{call:?}: {error}"))
    }

    /// `GET` with the gateway's own token.
    #[track_caller]
    pub fn get(&self, target: &str) -> Answer {
        self.send(&Call::get(target).token(&self.own))
    }

    /// `PUT` with the gateway's own token; of the object as it is now, if `etag` is none and it is there.
    #[track_caller]
    pub fn put(&self, target: &str, keys: &Value, etag: Option<&str>) -> Answer {
        let call = Call::new("PUT", target).token(&self.own).json(keys);
        self.send(&etag.iter().fold(call, |call, etag| call.field("If-Match", etag)))
    }

    /// Gives the object these keys beside those that it has.
    #[track_caller]
    pub fn change(&self, target: &str, more: &Value) -> Answer {
        let shown = self.get(target);
        assert_eq!(shown.status, 200, "{shown:?}");
        self.put(target, &merged(&shown.json(), more), Some(&shown.etag()))
    }

    #[track_caller]
    pub fn delete(&self, target: &str) -> Answer {
        let etag = self.get(target).etag();
        let call = Call::new("DELETE", target).token(&self.own).field("Content-Type", "application/json");
        self.send(&call.field("If-Match", &etag))
    }

    /// The text of the configuration file.
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.folder.file()).expect("the configuration")
    }

    pub fn revision(&self) -> u64 {
        self.get("/v1/status").json()["revision"].as_u64().expect("a number")
    }

    /// A command of the same user that asks this gateway.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = fngate(arguments);
        command.args(["--admin", &self.gateway.admin.to_string()]);
        command.env("RUNTIME_DIRECTORY", self.folder.path().join(RUNTIME));
        command
    }
}

/// The token that a gateway leaves for commands of its user.
#[track_caller]
pub fn own_token(folder: &Folder, gateway: &Gateway) -> String {
    let path = folder.path().join(RUNTIME).join(format!("admin-{}.token", gateway.admin.port()));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.trim().to_owned()
}

/// The object with some of its keys replaced.
pub fn merged(object: &Value, more: &Value) -> Value {
    let mut keys = object.as_object().expect("an object").clone();
    keys.extend(more.as_object().expect("keys").clone());
    keys.into()
}

/// The API at `/` with its field.
pub fn stage(stage: &str) -> Value {
    json!({ "headers": { "X-Stage": stage } })
}
