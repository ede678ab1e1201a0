//! The console of `fngate dev`: what it prints lets a browser in, and everything can be changed.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Answer, Call};
use super::login::code_of;
use super::stand::{merged, stage};
use super::support::client::call;
use super::support::process::Process;
use super::support::{admin_port, eventually, fngate};

const ALL: &str = "/v1/services/dev/apis/all";

/// A running `fngate dev`, and a browser that was let in.
struct Dev {
    process: Process,
    address: SocketAddr,
    admin: SocketAddr,
    code: String,
    token: String,
    /// Where it was started.
    folder: TempDir,
    /// Where temporary files go.
    temporary: TempDir,
}

impl Dev {
    #[track_caller]
    fn start() -> Self {
        let [folder, temporary] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let place = folder.path().join("here");
        std::fs::create_dir(&place).expect("a folder");
        let mut command = fngate(&["dev", "--listen", "127.0.0.1:0"]);
        command.current_dir(place).env("TMPDIR", temporary.path()).stdin(Stdio::null());
        let alone = admin_port();
        let process = Process::start(&mut command, folder.path());
        let printed =
            eventually("everything is printed", || Some(process.out()).filter(|out| out.contains("metrics:")));
        drop(alone);
        let line =
            |start: &str| printed.lines().find_map(|line| line.strip_prefix(start)).expect(start).trim().to_owned();
        let address = line("fngate dev: http://").split(' ').next().and_then(|address| address.parse().ok());
        let listener = line("metrics:").strip_suffix("/metrics").expect("the metrics").to_owned();
        let code = code_of(&format!("{}\n", line("console:")), &listener);
        let admin = listener.strip_prefix("http://").and_then(|address| address.parse().ok()).expect("an address");
        let address = address.expect("an address");
        let mut dev = Self { process, address, admin, code, token: String::new(), folder, temporary };
        let begun = dev.login();
        assert_eq!((begun.status, &begun.json()["role"]), (201, &json!("write")), "{begun:?}");
        dev.token = begun.json()["token"].as_str().expect("a token").to_owned();
        dev
    }

    #[track_caller]
    fn send(&self, call: Call) -> Answer {
        call.token(&self.token).send(self.admin).expect("an answer")
    }

    fn login(&self) -> Answer {
        let login = Call::new("POST", "/v1/session").json(&json!({ "code": self.code }));
        login.send(self.admin).expect("an answer")
    }

    #[track_caller]
    fn get(&self, target: &str) -> Value {
        let answer = self.send(Call::get(target));
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.json()
    }

    /// What the function is told with a request for this path.
    #[track_caller]
    fn echo(&self, path: &str) -> Value {
        let reply = call(self.address, &format!("GET {path}"), "any.test").expect("an answer");
        serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
    }

    #[track_caller]
    fn stage(&self) -> Option<String> {
        let headers: Vec<(String, String)> =
            serde_json::from_value(self.echo("/")["headers"].clone()).expect("fields of the request");
        headers.into_iter().find(|(name, _)| name == "x-stage").map(|(_, value)| value)
    }

    /// The directory of the configuration.
    #[track_caller]
    fn directory(&self) -> PathBuf {
        let found = entries(self.temporary.path());
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn what_dev_prints_lets_a_browser_in_once() {
    let dev = Dev::start();
    let page = Call::get("/console/").send(dev.admin).expect("an answer");
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(dev.login().status, 401, "it was used");
    assert_eq!(dev.get("/v1/session")["name"], "local");
    let status = dev.get("/v1/status");
    assert_eq!((&status["warnings"], &status["temporary"], &status["audit"]), (&json!([]), &json!(true), &Value::Null));
}

#[test]
fn what_dev_serves_can_be_changed_and_taken_back() {
    let dev = Dev::start();
    let directory = dev.directory();
    let text = || std::fs::read_to_string(directory.join("fngate.toml")).expect("the configuration");
    let before = text();
    assert!(before.starts_with("# What `fngate dev` serves."), "{before}");
    assert_eq!(dev.stage(), None);
    let status = dev.get("/v1/status");
    assert_eq!((&status["revision"], &status["history"]["reason"]), (&json!(1), &Value::Null), "{status}");

    let shown = dev.send(Call::get(ALL));
    let keys = merged(&shown.json(), &stage("a"));
    let changed = dev.send(Call::new("PUT", ALL).json(&keys).field("If-Match", &shown.etag()));
    assert_eq!((changed.status, &changed.json()["change"]["revision"]), (200, &json!(2)), "{changed:?}");
    assert_eq!(dev.stage().as_deref(), Some("a"));
    // Another function and a path for it, which a newcomer tries next.
    let function = json!({ "instances": ["builtin:echo"] });
    let made = dev.send(Call::new("PUT", "/v1/functions/default/other").json(&function));
    assert_eq!(made.status, 201, "{made:?}");
    let trigger = json!({ "service": "dev", "path": "/other", "method": "GET", "name": "other" });
    let bound = dev.send(Call::new("POST", "/v1/functions/default/other/triggers").json(&trigger));
    assert_eq!(bound.status, 201, "{bound:?}");
    assert!(text().starts_with(before.lines().next().expect("a line")), "comments stay: {}", text());
    assert!(text().contains("[[function]]\nname = \"other\""), "{}", text());

    let revisions = dev.get("/v1/revisions");
    assert_eq!(revisions["items"].as_array().map(Vec::len), Some(4), "{revisions}");
    let back = dev.send(Call::new("POST", "/v1/revisions/1/rollback").json(&json!({})));
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(dev.stage(), None);
    assert_eq!(dev.get("/v1/apis")["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(dev.send(Call::get("/v1/functions/default/other")).status, 404);
    // An editor changes the same file.
    std::fs::write(directory.join("fngate.toml"), before.replace("timeout = \"60s\"", "timeout = \"59s\""))
        .expect("written");
    eventually("the edit is in use", || (dev.get("/v1/functions/default/dev")["timeout"] == "59s").then_some(()));
}

#[test]
fn dev_leaves_nothing_behind() {
    let dev = Dev::start();
    let directory = dev.directory();
    let found = std::fs::metadata(&directory).expect("the directory");
    assert_eq!(found.mode() & 0o7777, 0o700, "others see nothing of it");
    assert!(directory.join("fngate.toml").is_file() && directory.join("history").is_dir());
    let Dev { process, folder, temporary, .. } = dev;
    process.signal(Signal::TERM);
    assert_eq!(process.finish().code(), Some(0));
    assert!(entries(temporary.path()).is_empty());
    assert!(entries(&folder.path().join("here")).is_empty(), "nothing where it was started");
}
