//! The files that hold the configuration, when somebody else has a hand in them.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use super::client::Call;
use super::skip::skipped;
use super::stand::{ALL, SHOP, Stand, own_token, stage};
use super::support::directories::{RUNTIME, STATE};
use super::support::eventually;
use super::support::gateway::{BASE, Folder, Gateway};
use super::support::nobody::{NOBODY, as_nobody, is_possible, program_in};
use super::support::process::run;

const MINE: &str = "[[service]]\nname = \"mine\" # in a file of its own\nhosts = [\"mine.test\"]\n[[service.api]]\nname = \"one\"\npath = \"/one\"\nfunction = \"echo\"\n";

#[test]
fn an_object_is_changed_in_the_file_that_holds_it() {
    let stand = Stand::with("");
    let services = stand.folder.path().join("services");
    std::fs::create_dir(&services).expect("a folder");
    let (mine, other) = (services.join("mine.toml"), services.join("other.toml"));
    std::fs::write(&mine, MINE).expect("a file");
    std::fs::write(&other, "# Nothing yet.\n").expect("a file");
    stand.folder.write(&format!("include = [\"services/*.toml\"]\n{}{SHOP}", stand.text()));
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
    let main = stand.text();
    let one = "/v1/services/mine/apis/one";
    assert_eq!(stand.get(one).json()["status"]["origin"]["file"], json!(mine));
    assert_eq!(stand.change(one, &json!({ "timeout": "2s" })).status, 200);
    assert_eq!(std::fs::read_to_string(&mine).expect("a file"), format!("{MINE}timeout = \"2s\"\n"));
    let two = stand.put("/v1/services/mine/apis/two", &json!({ "path": "/two", "function": "echo" }), None);
    assert_eq!((two.status, &two.json()["change"]["files"][0]["file"]), (201, &json!(mine)), "beside its neighbours");
    assert_eq!(stand.text(), main);
    assert_eq!(std::fs::read_to_string(&other).expect("a file"), "# Nothing yet.\n");
}

#[test]
fn broken_files_refuse_edits_until_they_are_mended() {
    let stand = Stand::start();
    let good = stand.text();
    let broken = good.replace("\"builtin:echo\"", "\"builtin:nothing\"");
    stand.folder.write(&broken);
    let seen = stand.get(ALL);
    let mut keys = seen.json();
    keys["headers"]["x-stage"] = json!("b");
    let refused = stand.put(ALL, &keys, Some(&seen.etag()));
    assert!([409, 422].contains(&refused.status), "{refused:?}");
    let problem = refused.json();
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("fix them first")), "{refused:?}");
    assert_eq!(problem["errors"][0]["file"], json!(stand.folder.argument()), "{refused:?}");
    assert!(problem["errors"][0]["line"].is_u64(), "{refused:?}");
    assert_eq!(stand.text(), broken);
    assert_eq!(stand.gateway.stage().as_deref(), Some("a"), "the last good one serves");
    assert!(!stand.get("/v1/status").json()["refused"].is_null());
    stand.folder.write(&good);
    assert_eq!(stand.change(ALL, &stage("b")).status, 200);
    assert_eq!(stand.text(), good.replace("\"X-Stage\" = \"a\"", "\"X-Stage\" = \"b\""));
}

#[test]
fn what_was_changed_by_hand_counts_for_the_next_edit() {
    let stand = Stand::start();
    let (seen, text) = (stand.get(ALL), stand.text());
    stand.folder.write(&text.replace("\"X-Stage\" = \"a\"", "\"X-Stage\" = \"hand\""));
    // Nobody has loaded it yet, or somebody has: the change was made of another state.
    let mut keys = seen.json();
    keys["headers"]["x-stage"] = json!("b");
    let stale = stand.put(ALL, &keys, Some(&seen.etag()));
    assert_eq!(stale.status, 412, "{stale:?}");
    assert_eq!(stale.json()["current"]["headers"]["x-stage"], json!("hand"));
    assert_eq!(stand.change(ALL, &stage("c")).status, 200);
    assert_eq!(stand.gateway.stage().as_deref(), Some("c"));
}

/// A gateway of a user that may read the file, and write neither it nor its folder.
struct Confined {
    folder: Folder,
    gateway: Gateway,
}

impl Confined {
    /// None where there is no such user, or nobody may be one.
    fn start(configuration: &str) -> Option<Self> {
        if !is_possible() {
            skipped("a gateway that may not write its files: this is not root");
            return None;
        }
        let folder = Folder::new(configuration);
        let permit = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("ours");
        permit(folder.path(), 0o755);
        permit(&folder.file(), 0o644);
        for name in [STATE, RUNTIME] {
            let directory = folder.path().join(name);
            std::fs::create_dir(&directory).expect("a folder");
            chown(&directory, Some(NOBODY), Some(NOBODY)).expect("root may");
        }
        let mut command = as_nobody(&[&program_in(folder.path()), "run", "-c", &folder.argument()]);
        let gateway = Gateway::start_with(command.stdin(Stdio::null()), &folder);
        Some(Self { folder, gateway })
    }

    #[track_caller]
    fn send(&self, call: Call) -> super::client::Answer {
        call.token(&own_token(&self.folder, &self.gateway)).send(self.gateway.admin).expect("an answer")
    }
}

#[test]
fn what_stands_in_a_file_that_cannot_be_written_is_read_only_and_new_objects_go_to_the_directory_of_edits() {
    let Some(confined) = Confined::start(&format!("{BASE}{SHOP}")) else { return };
    let before = std::fs::read_to_string(confined.folder.file()).expect("a file");
    let seen = confined.send(Call::get(ALL));
    assert!(seen.json()["status"]["origin"]["read_only"].is_string(), "{seen:?}");
    let mut keys = seen.json();
    keys["headers"]["x-stage"] = json!("b");
    let change = Call::new("PUT", ALL).json(&keys).field("If-Match", &seen.etag());
    let delete = Call::new("DELETE", ALL).json(&json!({})).field("If-Match", &seen.etag());
    for call in [change, delete] {
        let refused = confined.send(call);
        assert_eq!((refused.status, refused.reason().as_str()), (409, "read_only"), "{refused:?}");
        assert!(refused.body.contains(&confined.folder.argument()), "it says which file: {refused:?}");
    }
    let files = confined.send(Call::get("/v1/files")).json();
    let main = &files["items"][0];
    assert!(main["read_only"].is_string() && main["role"] == json!("main"), "{files}");
    let text = before.replace("# Everything.", "# Nothing.");
    let file = |text: &str| json!({ "files": [{ "file": main["file"], "etag": main["etag"], "text": text }] });
    let refused = confined.send(Call::new("PUT", "/v1/files").json(&file(&text)));
    assert_eq!((refused.status, refused.reason().as_str()), (409, "read_only"), "{refused:?}");
    assert_eq!(confined.send(Call::new("PUT", "/v1/files").json(&file(&before))).status, 200, "nothing is written");
    let api = Call::new("PUT", "/v1/services/shop/apis/new").json(&json!({ "path": "/new", "function": "echo" }));
    let made = confined.send(api);
    assert_eq!(made.status, 201, "{made:?}");
    let edits = confined.folder.path().join(STATE).join("conf.d");
    assert_eq!(made.json()["change"]["files"][0]["file"], json!(edits.join("shop.toml")));
    let function = Call::new("PUT", "/v1/functions/default/more").json(&json!({ "instances": ["builtin:echo"] }));
    assert_eq!(confined.send(function).status, 201);
    let files = confined.send(Call::get("/v1/files")).json();
    assert_eq!(
        (&files["items"][1]["role"], &files["items"][1]["read_only"]),
        (&json!("edits"), &json!(null)),
        "{files}"
    );
    // What was made there can be changed there.
    let new = confined.send(Call::get("/v1/services/shop/apis/new"));
    assert!(new.json()["status"]["origin"]["read_only"].is_null(), "{new:?}");
    let mut keys = new.json();
    keys["function"] = json!("more");
    let changed = Call::new("PUT", "/v1/services/shop/apis/new").json(&keys).field("If-Match", &new.etag());
    assert_eq!(confined.send(changed).status, 200);
    assert_eq!(std::fs::read_to_string(confined.folder.file()).expect("a file"), before);
    assert_eq!(confined.gateway.get("/new").status, 200);

    // It is there after a restart, and is gone when it is unbound.
    let Confined { folder, gateway } = confined;
    drop(gateway);
    let mut command = as_nobody(&[&program_in(folder.path()), "run", "-c", &folder.argument()]);
    let gateway = Gateway::start_with(command.stdin(Stdio::null()), &folder);
    let again = Confined { folder, gateway };
    let new = again.send(Call::get("/v1/services/shop/apis/new"));
    assert_eq!(new.json()["function"], json!("more"), "{new:?}");
    let delete = Call::new("DELETE", "/v1/services/shop/apis/new").json(&json!({})).field("If-Match", &new.etag());
    assert_eq!(again.send(delete).status, 200);
    assert_eq!(again.send(Call::get("/v1/services/shop/apis/new")).status, 404);
}

#[test]
fn without_a_directory_of_edits_new_objects_are_refused_too() {
    let configuration = format!("{BASE}{SHOP}").replace("[admin]\n", "[admin]\nedit_dir = \"\"\n");
    let Some(confined) = Confined::start(&configuration) else { return };
    for (target, keys) in [
        ("/v1/services/shop/apis/new", json!({ "path": "/new", "function": "echo" })),
        ("/v1/services/new", json!({ "domains": [{ "host": "new.test" }] })),
        ("/v1/functions/default/new", json!({ "instances": ["builtin:echo"] })),
    ] {
        let refused = confined.send(Call::new("PUT", target).json(&keys));
        assert_eq!((refused.status, refused.reason().as_str()), (409, "read_only"), "{refused:?}");
        assert!(refused.body.contains("edit_dir"), "it says what to do: {refused:?}");
    }
}

#[test]
fn a_file_that_is_immutable_is_read_only() {
    let stand = Stand::start();
    let chattr = |flag: &str| run(Command::new("chattr").arg(flag).arg(stand.folder.file())).status.success();
    if !chattr("+i") {
        skipped("an immutable file: chattr is missing, or not allowed here");
        return;
    }
    let refused = stand.change(ALL, &stage("b"));
    assert!(chattr("-i"));
    assert_eq!((refused.status, refused.reason().as_str()), (409, "read_only"), "{refused:?}");
    assert_eq!(stand.change(ALL, &stage("b")).status, 200);
}

/// A ConfigMap in a pod: links to a folder whose name begins with two dots, which is exchanged as a whole.
#[test]
fn a_projected_volume_is_read_only_and_followed() {
    let stand = Stand::with("");
    let base = stand.text();
    let volume = stand.folder.path();
    let project = |name: &str, text: &str| {
        let folder = volume.join(name);
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("fngate.toml"), text).expect("a file");
        let beside = volume.join("..data_tmp");
        std::os::unix::fs::symlink(name, &beside).expect("a link");
        std::fs::rename(beside, volume.join("..data")).expect("renamed");
    };
    project("..one", &format!("{base}{SHOP}"));
    std::fs::remove_file(stand.folder.file()).expect("it is there");
    std::os::unix::fs::symlink("..data/fngate.toml", stand.folder.file()).expect("a link");
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
    let refused = stand.change(ALL, &stage("b"));
    assert_eq!((refused.status, refused.reason().as_str()), (409, "read_only"), "{refused:?}");
    let made = stand.put("/v1/services/shop/apis/new", &json!({ "path": "/new", "function": "echo" }), None);
    assert_eq!(made.status, 201, "{made:?}");
    assert!(stand.folder.path().join(STATE).join("conf.d/shop.toml").exists(), "{made:?}");
    project("..two", &format!("{base}{SHOP}").replace("\"X-Stage\" = \"a\"", "\"X-Stage\" = \"c\""));
    eventually("the new volume is in use", || (stand.gateway.stage()? == "c").then_some(()));
    assert_eq!(stand.get("/v1/services/shop/apis/new").status, 200, "what was made stays");
}
