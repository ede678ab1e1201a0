//! What never leaves the gateway: secrets of the configuration, hashes of tokens, what functions say.

use serde_json::json;

use super::client::Call;
use super::description::operations;
use super::stand::{SHOP, Stand, merged, stage};
use super::support::fngate;
use super::support::gateway::{BASE, Folder, Gateway};
use super::support::process::run;

/// In the file, by names that say so.
const BY_NAME: [(&str, &str); 4] = [
    ("Authorization", "Bearer s3cr3t-by-name"),
    ("X-Api-Key", "s3cr3t-key"),
    ("Cookie", "session=s3cr3t-cookie"),
    ("X-Auth-Token", "s3cr3t-token"),
];
const BY_VARIABLE: &str = "s3cr3t-of-a-variable";
/// In the answers of the function.
const REPLY: &str = "s3cr3t-of-a-caller";

const CALLED: &str = "/v1/services/shop/apis/called";

fn configuration() -> String {
    let fields: Vec<_> = BY_NAME.iter().map(|(name, value)| format!("\"{name}\" = \"{value}\"")).collect();
    format!(
        "{SHOP}\n[[service.api]]\nname = \"called\"\npath = \"/called\"\nfunction = \"echo\"\n\
         headers = {{ \"X-Plain\" = \"plain\", \"X-Half\" = \"is ${{TEST_SECRET}}!\", {} }}\n",
        fields.join(", ")
    )
}

struct Secrets {
    stand: Stand,
    hidden: Vec<String>,
}

impl Secrets {
    fn start() -> Self {
        let (read, write) = (super::stand::Token::new("reader", "read"), super::stand::Token::new("writer", "write"));
        let all = format!("{BASE}{}{}{}", read.table, write.table, configuration());
        let folder = Folder::new(&all.replace("[log]\n", "[log]\nlevel = \"trace\"\n"));
        let mut command = fngate(&["run", "-c", &folder.argument()]);
        let gateway =
            Gateway::start_with(command.env("TEST_SECRET", BY_VARIABLE).stdin(std::process::Stdio::null()), &folder);
        let own = super::stand::own_token(&folder, &gateway);
        let hash = |table: &str| {
            let at = table.find("sha256:").expect("a hash");
            table[at + 7..at + 71].to_owned()
        };
        let mut hidden =
            vec![hash(&read.table), hash(&write.table), own.clone(), read.text.clone(), write.text.clone()];
        hidden.extend(BY_NAME.iter().map(|(_, value)| value.rsplit([' ', '=']).next().expect("a value").to_owned()));
        hidden.extend([BY_VARIABLE.to_owned(), REPLY.to_owned()]);
        Self { stand: Stand { gateway, folder, own, read, write }, hidden }
    }

    #[track_caller]
    fn is_silent(&self, what: &str, text: &str) {
        for hidden in &self.hidden {
            assert!(!text.contains(hidden.as_str()), "{hidden} in {what}: {text}");
        }
    }
}

#[test]
fn secrets_are_in_no_answer_and_in_no_log() {
    let secrets = Secrets::start();
    let stand = &secrets.stand;
    // What a caller says, its function says again.
    let called = Call::get(&format!("/called?{REPLY}")).host("shop.test").field("X-Mine", REPLY);
    let called = called.send(stand.gateway.address).expect("an answer");
    assert!(called.body.contains(REPLY) && called.body.contains(BY_VARIABLE), "the function is told: {called:?}");

    for operation in operations(stand) {
        if operation.method != "GET" {
            continue;
        }
        for target in [
            operation.target.clone(),
            operation.target.replace("/all", "/called"),
            format!("{}?q=s3", operation.target),
        ] {
            let answer = stand.get(&target);
            secrets.is_silent(&target, &format!("{answer:?}"));
        }
    }
    for target in ["/metrics", "/v1/explain?method=GET&url=http://shop.test/called"] {
        let answer = stand.get(target);
        assert_eq!(answer.status, 200, "{target}");
        secrets.is_silent(target, &format!("{answer:?}"));
    }
    let shown = stand.get(CALLED).json();
    for name in ["x-half", "authorization", "x-api-key", "cookie", "x-auth-token"] {
        assert_eq!(shown["headers"][name], json!("***"), "{name}");
    }
    assert_eq!(shown["headers"]["x-plain"], json!("plain"));
    secrets.is_silent("standard error", &stand.gateway.process.err());
    secrets.is_silent("standard output", &stand.gateway.process.out());
}

#[test]
fn secrets_are_in_no_refusal_and_in_no_diff() {
    let secrets = Secrets::start();
    let stand = &secrets.stand;
    let seen = stand.get(CALLED);
    let with = |more| merged(&seen.json(), &more);
    let etag = Some(seen.etag());
    for (target, keys, etag) in [
        (CALLED, with(json!({ "timeout": "9s" })), None),
        (CALLED, with(json!({ "timeout": "9s" })), Some("\"x\"".to_owned())),
        (CALLED, with(json!({ "timeout": "soon" })), etag.clone()),
        (CALLED, with(json!({ "function": "nobody" })), etag.clone()),
        (CALLED, with(json!({ "headers": { "X-Plain": "***" } })), etag.clone()),
        (CALLED, with(json!({ "headers": { "X-New": "***" } })), etag.clone()),
        ("/v1/services/shop/apis/other", json!({ "path": "/called", "function": "echo" }), None),
        ("/v1/services/shop/apis/called?dry_run=true", with(json!({ "timeout": "9s" })), etag.clone()),
        ("/v1/services/shop/apis/called?dry_run=true", with(json!({ "headers": {} })), etag),
    ] {
        let answer = stand.put(target, &keys, etag.as_deref());
        secrets.is_silent(target, &format!("{answer:?}"));
    }
    // What is wrong in the file is shown to those who may read it, not here.
    let good = stand.text();
    stand.folder.write(
        &good.replace("\"X-Half\" = \"is", "\"X-Half\" = \"\\u0001is").replace("s3cr3t-key", "s3cr3t-key\\u0001"),
    );
    let answer = stand.put(CALLED, &with(json!({ "timeout": "9s" })), Some(&seen.etag()));
    assert!([409, 422].contains(&answer.status), "{answer:?}");
    secrets.is_silent("a refusal", &format!("{answer:?}"));
    secrets.is_silent("the status", &format!("{:?}", stand.get("/v1/status")));
    secrets.is_silent("standard error", &stand.gateway.process.err());
    stand.folder.write(&good);

    // What is shown can be sent back, and says the same.
    let changed = stand.change(CALLED, &json!({ "timeout": "9s" }));
    assert_eq!(changed.status, 200, "{changed:?}");
    secrets.is_silent("a change", &format!("{changed:?}"));
    assert!(stand.text().contains("is ${TEST_SECRET}!") && stand.text().contains("s3cr3t-cookie"), "{}", stand.text());
    let more = stand.change(
        CALLED,
        &json!({ "headers": merged(&stand.get(CALLED).json()["headers"], &json!({ "x-plain": "other" })) }),
    );
    assert_eq!(more.status, 200, "{more:?}");
    assert_eq!(stand.text(), good.replace("\"plain\"", "\"other\"") + "timeout = \"9s\"\n");
    secrets.is_silent("standard error", &stand.gateway.process.err());
    let bound = run(&mut stand.command(&["bind", "GET", "/new", "--service", "shop", "--function", "echo"]));
    assert_eq!(bound.code(), Some(0), "{}", bound.err);
    secrets.is_silent("what a command prints", &format!("{bound:?}"));
}

/// A secret that somebody sends is not said to others either.
#[test]
fn secrets_of_a_change_are_in_no_answer_and_in_no_log() {
    let secrets = Secrets::start();
    let stand = &secrets.stand;
    let sent = "s3cr3t-that-is-sent";
    for value in [sent.to_owned(), format!("{sent}\u{1}"), format!("{sent}${{NOBODY}}")] {
        let answer = stand.change(CALLED, &json!({ "headers": { "X-Api-Key": value } }));
        assert!([200, 422].contains(&answer.status), "{answer:?}");
        assert!(!format!("{answer:?}").contains(sent), "{value:?}: {answer:?}");
    }
    let shown = Call::get("/v1/status").token(sent);
    assert_eq!(stand.send(&shown).status, 401);
    assert_eq!(stand.change(CALLED, &stage("x")).status, 200);
    assert!(!stand.gateway.process.err().contains(sent), "{}", stand.gateway.process.err());
}

#[test]
fn a_tag_does_not_tell_a_secret_by_its_hash() {
    let tags = || {
        let secrets = Secrets::start();
        (secrets.stand.get(CALLED).etag(), secrets.stand.get(super::stand::ALL).etag())
    };
    let ((secret, plain), (again, plain_again)) = (tags(), tags());
    assert_ne!(secret, again, "whoever reads it could guess the secret");
    assert_eq!(plain, plain_again, "what holds no secret keeps its tag over a restart");
}
