//! Changes of objects: what they answer, and what they write.

use serde_json::{Value, json};

use super::client::Call;
use super::stand::{ALL, SHOP, Stand, merged, stage};
use super::support::gateway::{BASE, Folder, Gateway};
use super::support::process::run;

const NEW: &str = "/v1/services/shop/apis/orders";

fn orders() -> Value {
    json!({ "path": "/orders/{id}", "function": "echo", "timeout": "3s" })
}

#[test]
fn an_api_is_made_served_changed_and_removed() {
    let stand = Stand::start();
    let before = stand.text();
    let made = stand.put(NEW, &orders(), None);
    assert_eq!((made.status, &made.json()["change"]["result"]), (201, &json!("created")), "{made:?}");
    assert_eq!(made.json()["change"]["files"][0]["file"], json!(stand.folder.argument()));
    let added = stand.text();
    let rest = added.strip_prefix(before.as_str()).unwrap_or_else(|| panic!("more than added to: {added}"));
    assert_eq!(
        rest,
        "\n[[service.api]]\nname = \"orders\"\npath = \"/orders/{id}\"\nfunction = \"echo\"\ntimeout = \"3s\"\n"
    );
    let shown = stand.get(NEW);
    assert_eq!((shown.json()["timeout"].clone(), shown.etag()), (json!("3s"), made.etag()));

    let changed = stand.change(NEW, &json!({ "timeout": "4s", "enabled": false }));
    assert_eq!((changed.status, &changed.json()["change"]["result"]), (200, &json!("changed")), "{changed:?}");
    assert_ne!(changed.etag(), made.etag());
    assert!(stand.text().ends_with("timeout = \"4s\"\nenabled = false\n"), "{}", stand.text());
    assert_eq!(stand.gateway.get("/orders/7").status, 404, "it is switched off");

    let removed = stand.delete(NEW);
    assert_eq!((removed.status, &removed.json()["change"]["result"]), (200, &json!("deleted")), "{removed:?}");
    assert_eq!(stand.text(), before, "nothing is left of it");
    assert_eq!([stand.get(NEW).status, stand.delete_unseen(NEW)], [404, 404]);
    assert_eq!(stand.gateway.get("/orders/7").status, 200, "the API at / has it again");
}

impl Stand {
    fn delete_unseen(&self, target: &str) -> u16 {
        self.send(&Call::new("DELETE", target).token(&self.own).json(&json!({})).field("If-Match", "*")).status
    }
}

#[test]
fn the_same_again_is_no_change() {
    let stand = Stand::start();
    stand.put(NEW, &orders(), None);
    let (text, revision, seen) = (stand.text(), stand.revision(), stand.get(NEW));
    let written = std::fs::metadata(stand.folder.file()).and_then(|file| file.modified()).expect("a time");
    // As it was sent, as it is shown, and with a default that is not written.
    for keys in [orders(), seen.json(), merged(&orders(), &json!({ "method": "GET", "enabled": true }))] {
        for etag in [None, Some(seen.etag()), Some("*".to_owned())] {
            let answer = stand.put(NEW, &keys, etag.as_deref());
            assert_eq!((answer.status, &answer.json()["change"]["result"]), (200, &json!("unchanged")), "{answer:?}");
            assert_eq!(answer.json()["change"]["revision"], json!(revision));
            assert_eq!(answer.etag(), seen.etag());
        }
    }
    let trigger = json!({ "service": "shop", "name": "orders", "path": "/orders/{id}", "timeout": "3s" });
    let bound = stand.send(&Call::new("POST", "/v1/functions/default/echo/triggers").token(&stand.own).json(&trigger));
    assert_eq!((bound.status, &bound.json()["change"]["result"]), (200, &json!("unchanged")), "{bound:?}");
    assert_eq!((stand.text(), stand.revision()), (text, revision));
    let after = std::fs::metadata(stand.folder.file()).and_then(|file| file.modified()).expect("a time");
    assert_eq!(after, written);
}

#[test]
fn a_change_needs_the_state_that_it_was_made_of() {
    let stand = Stand::start();
    let (before, revision, seen) = (stand.text(), stand.revision(), stand.get(ALL));
    let wanted = merged(&seen.json(), &stage("b"));
    let blind = stand.put(ALL, &wanted, None);
    assert_eq!((blind.status, blind.reason().as_str()), (428, "condition_needed"), "{blind:?}");
    for tag in ["\"0123456789abcdef\"", "W/\"x\"", "nonsense", ""] {
        let stale = stand.put(ALL, &wanted, Some(tag));
        assert_eq!((stale.status, stale.reason().as_str()), (412, "stale"), "{tag}: {stale:?}");
        assert_eq!(stale.json()["current"]["headers"]["x-stage"], json!("a"), "the object as it is: {stale:?}");
    }
    let put = Call::new("PUT", ALL).token(&stand.own).json(&wanted);
    let again = stand.send(&put.clone().field("If-None-Match", "*"));
    assert_eq!((again.status, again.reason().as_str()), (412, "stale"), "{again:?}");
    let absent = stand.put(NEW, &orders(), Some(&seen.etag()));
    assert_eq!(absent.status, 412, "{absent:?}");
    let blind = stand.send(&Call::new("DELETE", ALL).token(&stand.own).json(&json!({})));
    assert_eq!(blind.status, 428, "{blind:?}");
    assert_eq!((stand.text(), stand.revision()), (before, revision));

    let several = stand.put(ALL, &wanted, Some(&format!("\"x\", {}", seen.etag())));
    assert_eq!(several.status, 200, "{several:?}");
    assert_eq!(stand.put(ALL, &merged(&wanted, &stage("c")), Some(&seen.etag())).status, 412, "it has changed since");
    assert_eq!(
        stand.send(&Call::new("PUT", NEW).token(&stand.own).json(&orders()).field("If-None-Match", "*")).status,
        201
    );
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    let stand = Stand::start();
    let (text, etag) = (stand.text(), stand.get(ALL).etag());
    for (method, target, body, key) in [
        ("PUT", ALL, r#"{"path": "/", "function": "echo", "timeout": "3s", "timeout": "9s"}"#, "timeout"),
        ("PUT", ALL, r#"{"path": "/", "function": "echo", "headers": {"X-A": "1", "X-A": "2"}}"#, "X-A"),
        ("PUT", "/v1/services/new", r#"{"domains": [{"host": "a.test", "host": "b.test"}]}"#, "host"),
        ("POST", "/v1/functions/default/echo/triggers", r#"{"service": "shop", "path": "/a", "path": "/b"}"#, "path"),
        ("POST", "/v1/apply", r#"{"documents": [], "documents": [{"name": "a", "text": ""}]}"#, "documents"),
        ("POST", "/v1/environments/test/release", r#"{"revision": 1, "revision": 2}"#, "revision"),
    ] {
        let call = Call::new(method, target).token(&stand.own).field("Content-Type", "application/json");
        let refused = stand.send(&call.field("If-Match", &etag).body(body));
        assert_eq!((refused.status, refused.reason().as_str()), (400, "malformed"), "{body}: {refused:?}");
        let problem = refused.json();
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains(&format!("duplicate key `{key}`")), "{body}: {detail}");
    }
    assert_eq!(stand.text(), text);
}

#[test]
fn a_note_has_an_end() {
    let stand = Stand::start();
    let put = |note: &str| {
        let seen = stand.get(ALL);
        stand.put(
            &format!("{ALL}?note={note}"),
            &merged(&seen.json(), &stage(&note.len().to_string())),
            Some(&seen.etag()),
        )
    };
    // An é is one character and two bytes.
    let long = "%C3%A9".repeat(1000);
    assert_eq!(put(&long).status, 200);
    let noted = stand.get("/v1/audit").json()["items"][0]["note"].as_str().map(|note| note.chars().count());
    assert_eq!(noted, Some(1000));
    let text = stand.text();
    for (method, target) in
        [("PUT", ALL), ("POST", "/v1/environments/test/unrelease"), ("POST", "/v1/revisions/1/rollback")]
    {
        let call = Call::new(method, &format!("{target}?note={long}x")).token(&stand.own).json(&json!({}));
        let refused = stand.send(&call);
        assert_eq!((refused.status, refused.reason().as_str()), (422, "invalid"), "{target}: {refused:?}");
        assert_eq!(refused.json()["detail"], json!("the note has 1001 characters: 1000 at most"));
    }
    let bind = ["bind", "GET", "/n", "--service", "shop", "--function", "echo"];
    let finished = run(stand.command(&bind).arg("--note").arg("x".repeat(1001)));
    assert_eq!(finished.code(), Some(64), "{}", finished.err);
    assert!(finished.err.contains("the note has 1001 characters: 1000 at most"), "{}", finished.err);
    assert_eq!(stand.text(), text);
}

#[test]
fn what_is_taken_names_its_holder() {
    let stand = Stand::start();
    stand.put(NEW, &orders(), None);
    let before = stand.text();
    let same_shape = json!({ "path": "/orders/{other}", "function": "echo" });
    let other = stand.put("/v1/services/shop/apis/other", &same_shape, None);
    let trigger = json!({ "service": "shop", "path": "/orders/{other}" });
    let bound = stand.send(&Call::new("POST", "/v1/functions/default/echo/triggers").token(&stand.own).json(&trigger));
    let moved = stand.change(ALL, &json!({ "path": "/orders/{x}", "method": "GET" }));
    for refused in [other, bound, moved] {
        assert_eq!((refused.status, refused.reason().as_str()), (409, "taken"), "{refused:?}");
        assert_eq!(refused.json()["holder"], json!(NEW));
        assert_eq!(stand.get(refused.json()["holder"].as_str().expect("an address")).status, 200);
    }
    assert_eq!(stand.text(), before);
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let stand = Stand::start();
    let (before, revision) = (stand.text(), stand.revision());
    for (more, pointer) in [
        (json!({ "timeout": "soon" }), "/timeout"),
        (json!({ "timeout": 5 }), "/timeout"),
        (json!({ "function": "nobody" }), "/function"),
        (json!({ "path": "orders" }), "/path"),
        (json!({ "path": null }), ""),
        (json!({ "method": "G ET" }), "/method"),
        (json!({ "environments": ["production"] }), "/environments"),
        (json!({ "environments": "release" }), "/environments"),
        (json!({ "headers": { "X-Scf-Name": "mine" } }), "/headers/X-Scf-Name"),
        (json!({ "headers": { "X-A": 1 } }), "/headers/X-A"),
        (json!({ "headers": { "X-A": "***" } }), "/headers"),
        (json!({ "headers": [] }), "/headers"),
        (json!({ "enabled": "yes" }), "/enabled"),
        (json!({ "max_body_bytes": "many" }), "/max_body_bytes"),
        (json!({ "timeot": "3s" }), "/timeot"),
        (json!({ "name": "other" }), "/name"),
        (json!({ "service": "other" }), "/service"),
    ] {
        let refused = stand.put(NEW, &merged(&orders(), &more), None);
        assert_eq!(refused.status, 422, "{more}: {refused:?}");
        let problem = refused.json();
        let found: Vec<_> =
            problem["errors"].as_array().expect("errors").iter().map(|error| &error["pointer"]).collect();
        // What is missing is nowhere.
        let is_near = |found: &&Value| found.as_str().unwrap_or_default().starts_with(pointer);
        assert!(found.iter().any(is_near), "{pointer} for {more}: {refused:?}");
    }
    for (body, status) in [("", 400), ("{", 400), ("[]", 422), ("\"x\"", 422), ("{\"path\":\"/a\",}", 400)] {
        let call = Call::new("PUT", NEW).token(&stand.own).field("Content-Type", "application/json").body(body);
        assert_eq!(stand.send(&call).status, status, "{body}");
    }
    for query in ["dry_run=maybe", "dry_run=true&dry_run=false", "dryrun=true", "%ff=1"] {
        let answer = stand.put(&format!("{NEW}?{query}"), &orders(), None);
        assert_eq!(answer.status, 422, "{query}: {answer:?}");
    }
    let nobody = stand.put("/v1/services/nobody/apis/a", &orders(), None);
    assert_eq!(nobody.status, 404, "{nobody:?}");
    assert_eq!(stand.put("/v1/functions/default/new", &json!({ "instances": ["nonsense"] }), None).status, 422);
    assert_eq!((stand.text(), stand.revision()), (before, revision));
}

#[test]
fn a_dry_run_writes_nothing() {
    let stand = Stand::start();
    let (before, revision, seen) = (stand.text(), stand.revision(), stand.get(ALL));
    let made = stand.put(&format!("{NEW}?dry_run=true"), &orders(), None);
    assert_eq!((made.status, &made.json()["change"]["result"]), (200, &json!("created")), "{made:?}");
    assert_eq!(made.json()["change"]["files"][0]["file"], json!(stand.folder.argument()));
    let wanted = merged(&seen.json(), &stage("b"));
    let changed = stand.put(&format!("{ALL}?dry_run=true"), &wanted, Some(&seen.etag()));
    assert_eq!((changed.status, &changed.json()["change"]["result"]), (200, &json!("changed")), "{changed:?}");
    let deleted = Call::new("DELETE", &format!("{ALL}?dry_run=true")).token(&stand.own).json(&json!({}));
    let deleted = stand.send(&deleted.field("If-Match", &seen.etag()));
    assert_eq!((deleted.status, &deleted.json()["change"]["result"]), (200, &json!("deleted")), "{deleted:?}");
    // What would be refused is refused.
    let broken = merged(&orders(), &json!({ "function": "nobody" }));
    assert_eq!(stand.put(&format!("{NEW}?dry_run=true"), &broken, None).status, 422);
    assert_eq!(stand.put(&format!("{ALL}?dry_run=true"), &wanted, None).status, 428);
    assert_eq!((stand.text(), stand.revision(), stand.get(NEW).status), (before, revision, 404));
}

#[test]
fn what_is_in_use_stays() {
    let stand = Stand::start();
    let before = stand.text();
    for (target, users) in [("/v1/functions/default/echo", "ANY / of `shop`"), ("/v1/services/shop", "ANY /")] {
        let refused = stand.delete(target);
        assert_eq!((refused.status, refused.reason().as_str()), (409, "in_use"), "{refused:?}");
        assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains(users)), "{refused:?}");
    }
    assert_eq!(stand.text(), before);
    assert_eq!(stand.delete(ALL).status, 200);
    assert_eq!(
        [stand.delete("/v1/services/shop").status, stand.delete("/v1/functions/default/echo").status],
        [200, 200]
    );
    assert_eq!(stand.get("/v1/status").json()["counts"]["apis"], json!(0));
}

#[test]
fn comments_and_order_stay() {
    let odd = "\
# A table of everything.
[[function]] # first
instances = [ # two
  \"builtin:echo\",   # one
]
name = 'echo'

[[ service ]]
hosts = [\"shop.test\"]
name = \"shop\"   # spaces
[[service.api]] # after its name
\"name\" = \"all\"
function = \"echo\"
path = \"/\"
headers.X-Stage = \"a\"   # dotted
method = \"ANY\"

# The end.
";
    let stand = Stand::with(odd);
    let (text, mark) = (stand.text(), '\u{feff}');
    keeps_all_but_the_object(&stand);
    for other in [text.replace('\n', "\r\n"), format!("{mark}{text}")] {
        stand.folder.write(&other);
        assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200, "{other}");
        keeps_all_but_the_object(&stand);
        assert_eq!(stand.text(), other);
    }
}

fn keeps_all_but_the_object(stand: &Stand) {
    let before = stand.text();
    let changed = stand.change(ALL, &stage("b"));
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(stand.text(), before.replace("\"a\"", "\"b\""));
    let echo = stand.change("/v1/functions/default/echo", &json!({ "timeout": "7s" }));
    assert_eq!(echo.status, 200, "{echo:?}");
    let without: String =
        stand.text().split_inclusive('\n').filter(|line| !line.contains("timeout = \"7s\"")).collect();
    assert_eq!(without, before.replace("\"a\"", "\"b\""));
    let back = stand.change("/v1/functions/default/echo", &json!({ "timeout": null }));
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(stand.change(ALL, &stage("a")).status, 200);
    assert_eq!(stand.text(), before);
}

#[test]
fn a_service_and_its_domains() {
    let stand = Stand::start();
    let before = stand.text();
    let keys = json!({ "domains": [
        { "host": "mine.test" },
        { "host": "mine.test", "base_path": "/test", "environment": "test" },
    ] });
    let made = stand.put("/v1/services/mine", &keys, None);
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(stand.get("/v1/services/mine").json()["domains"][1]["base_path"], json!("/test"));
    let api = json!({ "path": "/", "function": "echo", "environments": ["release", "test"] });
    assert_eq!(stand.put("/v1/services/mine/apis/GET%20%2F", &api, None).status, 201);
    assert_eq!(stand.gateway.call("/test/a", "mine.test"), 200);
    let fewer = stand.change("/v1/services/mine", &json!({ "domains": [{ "host": "other.test" }] }));
    assert_eq!(fewer.status, 200, "{fewer:?}");
    assert_eq!([stand.gateway.call("/a", "mine.test"), stand.gateway.call("/a", "other.test")], [404, 200]);
    let clash = stand.change("/v1/services/mine", &json!({ "domains": [{ "host": "shop.test" }] }));
    assert_eq!(clash.status, 422, "{clash:?}");
    assert_eq!(
        [stand.delete("/v1/services/mine/apis/GET%20%2F").status, stand.delete("/v1/services/mine").status],
        [200; 2]
    );
    assert_eq!(stand.text(), before);
}

impl Gateway {
    fn call(&self, target: &str, host: &str) -> u16 {
        let called = super::support::client::call(self.address, &format!("GET {target}"), host);
        called.expect("an answer").status
    }
}

#[test]
fn names_of_all_kinds_are_escaped() {
    let stand = Stand::start();
    for name in ["a b", "a/b", "ä", "a\"b", "a'b", "a\\b", "%2F", "a#b", "..", "🦀"] {
        let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let target = format!("/v1/services/shop/apis/{escaped}");
        let path = format!("/{}", name.len());
        let made = stand.put(&target, &json!({ "path": path, "function": "echo" }), None);
        if made.status == 422 {
            // Not a name; then it is nowhere.
            assert_eq!(stand.get(&target).status, 404, "{name}");
            continue;
        }
        assert_eq!(made.status, 201, "{name}: {made:?}");
        assert_eq!(stand.get(&target).json()["name"], json!(name));
        assert_eq!(stand.delete(&target).status, 200, "{name}");
    }
}

#[test]
fn without_a_file_that_can_be_read_the_program_does_not_start_and_what_it_writes_loads() {
    let stand = Stand::start();
    assert_eq!(stand.put(NEW, &orders(), None).status, 201);
    let text = stand.text();
    drop(stand);
    let folder = Folder::new(&text);
    let gateway = Gateway::start(&folder);
    assert_eq!(gateway.get("/orders/7").status, 200);
    assert!(text.starts_with(BASE) && text.contains(SHOP));
}
