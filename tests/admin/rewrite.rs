//! Whole files as somebody types them.

use serde_json::{Value, json};

use super::client::{Answer, Call};
use super::stand::{ALL, SHOP, Stand};

const FILES: &str = "/v1/files";
const SECRET: &str = "s3cr3t-of-the-shop";
const MORE: &str = "# More.\n[[service]]\nname = \"more\"\nhosts = [\"more.test\"]\n[[service.api]]\npath = \"/\"\nfunction = \"echo\"\n";

/// With a secret, and a second file.
fn two_files() -> Stand {
    let shop = SHOP.replace("\"X-Stage\" = \"a\"", &format!("\"X-Stage\" = \"a\", \"X-Api-Key\" = \"{SECRET}\""));
    let stand = Stand::with(&shop);
    std::fs::write(stand.folder.path().join("more.toml"), MORE).expect("written");
    stand.folder.write(&format!("include = [\"more.toml\"]\n{}", stand.text()));
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
    stand
}

impl Stand {
    /// The files as they are shown.
    #[track_caller]
    fn files(&self) -> Vec<Value> {
        let shown = self.get(FILES);
        assert_eq!(shown.status, 200, "{shown:?}");
        shown.json()["items"].as_array().expect("a list").clone()
    }

    fn type_in(&self, query: &str, files: &[Value]) -> Answer {
        let body = json!({ "files": files });
        self.send(&Call::new("PUT", &format!("{FILES}{query}")).token(&self.own).json(&body))
    }
}

/// A file as it is sent, with some of its text replaced.
#[track_caller]
fn typed(shown: &Value, from: &str, to: &str) -> Value {
    let text = shown["text"].as_str().expect("a text");
    assert!(text.contains(from), "no {from} in {text}");
    json!({ "file": shown["file"], "etag": shown["etag"], "text": text.replacen(from, to, 1) })
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, reason: &str) {
    assert_eq!((answer.status, answer.reason().as_str()), (status, reason), "{answer:?}");
    assert!(!format!("{answer:?}").contains(SECRET), "{answer:?}");
}

#[test]
fn the_files_are_shown_without_their_secrets() {
    let stand = two_files();
    let shown = stand.get(FILES);
    assert!(!format!("{shown:?}").contains(SECRET) && !format!("{shown:?}").contains("sha256:"), "{shown:?}");
    assert_eq!(shown.json()["revision"], json!(stand.revision()));
    let files = stand.files();
    let of = |key: &str| files.iter().map(|file| file[key].clone()).collect::<Vec<_>>();
    let more = stand.folder.path().join("more.toml");
    assert_eq!(of("file"), [json!(stand.folder.argument()), json!(more)]);
    assert_eq!(of("role"), [json!("main"), json!("include")]);
    assert_eq!(of("read_only"), [Value::Null, Value::Null]);
    assert_eq!(files[1]["text"], json!(MORE));
    assert!(
        files[0]["text"].as_str().is_some_and(|text| text.contains("\"X-Api-Key\" = \"***\" } # changed by tests"))
    );
    let reader = |call: Call| stand.send(&call.token(&stand.read.text));
    assert_eq!(reader(Call::get(FILES)).status, 200);
    assert_eq!(reader(Call::new("PUT", FILES).json(&json!({ "files": [] }))).status, 403);
}

#[test]
fn what_is_typed_is_written_as_it_is_typed() {
    let stand = two_files();
    let (before, files) = (stand.text(), stand.files());
    let [main, more] = &files[..] else { panic!("{files:?}") };
    let changes = [
        typed(main, "# Everything.", "# Everything,\n# and   nothing else."),
        typed(more, "path = \"/\"", "path = '/more/{id}' # by hand\ntimeout   = \"3s\""),
    ];
    let dry = stand.type_in("?dry_run=true", &changes);
    assert_eq!((dry.status, &dry.json()["change"]["result"]), (200, &json!("changed")), "{dry:?}");
    assert!(!format!("{dry:?}").contains(SECRET), "{dry:?}");
    assert_eq!((stand.text(), stand.files()), (before.clone(), files.clone()), "nothing is written");

    let revision = stand.revision();
    let made = stand.type_in("?note=typed", &changes);
    assert_eq!(made.status, 200, "{made:?}");
    let change = &made.json()["change"];
    assert_eq!((&change["result"], &change["revision"]), (&json!("changed"), &json!(revision + 1)));
    assert_eq!(change["files"].as_array().map(Vec::len), Some(2), "{made:?}");
    assert!(!format!("{made:?}").contains(SECRET), "{made:?}");
    assert_eq!(stand.text(), before.replacen("# Everything.", "# Everything,\n# and   nothing else.", 1));
    let text = std::fs::read_to_string(stand.folder.path().join("more.toml")).expect("a file");
    assert_eq!(text, MORE.replacen("path = \"/\"", "path = '/more/{id}' # by hand\ntimeout   = \"3s\"", 1));
    let api = stand.get("/v1/services/more/apis/GET%20%2Fmore%2F%7Bid%7D");
    assert_eq!((api.status, &api.json()["timeout"]), (200, &json!("3s")), "it is in use: {api:?}");

    let line = &stand.get("/v1/audit").json()["items"][0];
    assert_eq!(
        (&line["action"], &line["author"], &line["note"]),
        (&json!("rewrite"), &json!("local"), &json!("typed"))
    );
    assert!(line["object"].as_str().is_some_and(|object| object.contains("more.toml")), "{line}");

    let again: Vec<_> = stand.files().iter().map(|file| typed(file, "", "")).collect();
    let same = stand.type_in("", &again);
    assert_eq!((same.status, &same.json()["change"]["result"]), (200, &json!("unchanged")), "{same:?}");
    assert_eq!(stand.type_in("", &[]).json()["change"]["result"], json!("unchanged"));
}

#[test]
fn a_secret_that_is_typed_is_another_one() {
    let stand = two_files();
    let main = &stand.files()[0];
    let changed = stand.type_in("", &[typed(main, "\"X-Api-Key\" = \"***\"", "\"X-Api-Key\" = \"s3cr3t-too\"")]);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert!(!format!("{changed:?}").contains("s3cr3t"), "{changed:?}");
    assert!(stand.text().contains("\"X-Api-Key\" = \"s3cr3t-too\"") && !stand.text().contains(SECRET));
    assert!(stand.text().contains("hash = \"sha256:"), "others stay: {}", stand.text());
    assert_ne!(stand.files()[0]["etag"], main["etag"]);
    let renamed = typed(&stand.files()[0], "\"X-Api-Key\" = ", "\"X-Other-Key\" = ");
    let refused = stand.type_in("", &[renamed]);
    is_refused(&refused, 422, "invalid");
    let line = stand.text().lines().position(|line| line.contains("X-Api-Key")).expect("a line") + 1;
    assert_eq!(refused.json()["errors"][0]["line"], json!(line), "{refused:?}");
}

#[test]
fn all_files_are_written_or_none_and_errors_have_their_places() {
    let stand = two_files();
    let (before, files) = (stand.text(), stand.files());
    let good = typed(&files[0], "# Everything.", "# Nothing.");
    for (from, to, line, said) in [
        ("function = \"echo\"", "function = \"nobody\"", 7, "nobody"),
        ("path = \"/\"", "path = \"/\"\ntimout = \"3s\"", 7, "timout"),
        ("path = \"/\"", "path = \"/", 6, ""),
        ("hosts = [\"more.test\"]", "hosts = [\"shop.test\"]", 4, "shop.test"),
    ] {
        let refused = stand.type_in("", &[good.clone(), typed(&files[1], from, to)]);
        is_refused(&refused, 422, "invalid");
        let error = &refused.json()["errors"][0];
        assert_eq!((&error["file"], &error["line"]), (&files[1]["file"], &json!(line)), "{to}: {refused:?}");
        assert!(error["column"].is_u64(), "{refused:?}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(said)), "{refused:?}");
    }
    let twice = stand.type_in("", &[good.clone(), good.clone()]);
    is_refused(&twice, 422, "invalid");
    assert_eq!((stand.text(), stand.files()), (before, files));
}

#[test]
fn nothing_but_objects_can_be_changed() {
    let stand = two_files();
    let text = stand.text().replacen(
        "[[service]]",
        "[[function]]\nname = \"far\"\ninstances = [\"https://127.0.0.1:1\"]\n[function.tls]\nserver_name = \"far.test\"\n[[service]]",
        1,
    );
    stand.folder.write(&text);
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
    let files = stand.files();
    for (from, to, said) in [
        ("[admin]\naddress = \"127.0.0.1:0\"", "[admin]\naddress = \"0.0.0.0:0\"", "`admin.address` cannot be changed"),
        ("role = \"read\"", "role = \"write\"", "`admin.token.role` cannot be changed"),
        (
            "[log]",
            "[[admin.token]]\nname = \"x\"\nrole = \"write\"\nhash = \"sha256:0\"\n[log]",
            "`admin.token` cannot be",
        ),
        ("access = \"off\"", "access = \"/tmp/anywhere\"", "`log.access` cannot be changed"),
        ("[log]", "edit_dir = \"/etc\"\n[log]", "cannot be"),
        ("[[function]]", "[traces]\nendpoint = \"http://elsewhere.test\"\n[[function]]", "`traces` cannot be added"),
        ("include = [\"more.toml\"]", "include = [\"/etc/*.toml\"]", "`include` cannot be changed"),
        ("server_name = \"far.test\"", "ca = \"/etc/shadow\"", "`function.tls` cannot be changed"),
    ] {
        let refused = stand.type_in("", &[typed(&files[0], from, to)]);
        is_refused(&refused, 422, "invalid");
        let error = &refused.json()["errors"][0];
        assert!(error["message"].as_str().is_some_and(|message| message.contains(said)), "{to}: {refused:?}");
        assert_eq!((&error["file"], error["line"].is_u64()), (&files[0]["file"], true), "{to}: {refused:?}");
        assert_eq!(error["advice"], json!("change this in the file itself"), "{refused:?}");
    }
    assert_eq!(stand.text(), text);
    // How it is written may change.
    let spaced = typed(&files[0], "[admin]\naddress = \"127.0.0.1:0\"", "[admin] # mine\naddress  = '127.0.0.1:0'");
    assert_eq!(stand.type_in("", &[spaced]).status, 200);
}

#[test]
fn files_that_somebody_else_has_changed_are_shown() {
    let stand = two_files();
    let seen = stand.files();
    let keys = json!({ "headers": { "X-Stage": "b", "X-Api-Key": "***" } });
    assert_eq!(stand.change(ALL, &keys).status, 200);
    let text = stand.text();
    let stale =
        stand.type_in("", &[typed(&seen[1], "# More.", "# Most."), typed(&seen[0], "# Everything.", "# Nothing.")]);
    is_refused(&stale, 412, "files_changed");
    let problem = stale.json();
    assert_eq!(problem["current"], stand.files()[0], "as it would be read");
    let diff = problem["diff"].as_str().expect("a diff");
    assert!(diff.contains("\n+# Nothing.\n") && diff.contains("\n+headers"), "what would be undone: {diff}");
    assert!(!diff.contains("[[admin.token]]"), "a secret that stays is no difference: {diff}");
    assert_eq!(stand.text(), text);
    // By hand, a moment ago.
    let seen = stand.files();
    stand.folder.write(&format!("{text}# by hand\n"));
    is_refused(&stand.type_in("", &[typed(&seen[0], "# Everything.", "# Nothing.")]), 412, "files_changed");
    assert_eq!(stand.text(), format!("{text}# by hand\n"));
}

#[test]
fn no_other_file_is_reached() {
    let stand = two_files();
    let outside = stand.folder.path().join("outside.toml");
    std::fs::write(&outside, "# outside\n").expect("written");
    let more = stand.folder.path().join("more.toml");
    let folder = stand.folder.path().display();
    let paths = [
        outside.display().to_string(),
        "/etc/passwd".to_owned(),
        format!("{folder}/new.toml"),
        format!("{folder}/./more.toml/"),
        format!("{folder}/x/../more.toml"),
        "more.toml".to_owned(),
        String::new(),
    ];
    for path in paths {
        let unknown = stand.type_in("", &[json!({ "file": path, "text": MORE, "etag": "*" })]);
        is_refused(&unknown, 404, "not_found");
    }
    assert!(!stand.folder.path().join("new.toml").exists());
    assert_eq!(std::fs::read_to_string(outside).expect("a file"), "# outside\n");
    for body in [
        json!({}),
        json!({ "files": [{ "file": more, "text": MORE }] }),
        json!({ "files": [{ "file": more, "text": MORE, "etag": "*", "more": 1 }] }),
    ] {
        let refused = stand.send(&Call::new("PUT", FILES).token(&stand.own).json(&body));
        is_refused(&refused, 422, "invalid");
    }
}

/// Each change waits for the one before, so that a text must not take long to refuse.
#[test]
fn texts_have_bounds() {
    let stand = two_files();
    let main = &stand.files()[0];
    let text = main["text"].as_str().expect("a text");
    let with = |more: &str| json!({ "file": main["file"], "etag": main["etag"], "text": format!("{text}{more}") });
    let apply = |more: &str| {
        let body = json!({ "documents": [{ "name": "fngate.toml", "text": format!("{text}{more}") }] });
        stand.send(&Call::new("POST", "/v1/apply?dry_run=true").token(&stand.own).json(&body))
    };
    let large = "# comment\n".repeat(210_000);
    is_refused(&stand.type_in("?dry_run=true", &[with(&large)]), 413, "too_large");
    is_refused(&apply(&large), 413, "too_large");

    let key = vec!["a"; 40].join(".");
    let deep = format!("[x]\n{key} = {}1{}\n", format!("{{ {key} = ").repeat(20), " }".repeat(20));
    for answer in [stand.type_in("?dry_run=true", &[with(&deep)]), apply(&deep)] {
        is_refused(&answer, 422, "invalid");
        assert!(answer.body.contains("nested more than 32 levels deep"), "{answer:?}");
    }
    for answer in [stand.type_in("?dry_run=true", &[with(&"=\n".repeat(50_000))]), apply(&"=\n".repeat(50_000))] {
        is_refused(&answer, 422, "invalid");
        let errors = answer.json()["errors"].as_array().expect("a list").len();
        assert!((100..=102).contains(&errors) && answer.body.len() < 100_000, "{errors}");
    }
    assert_eq!(stand.get(FILES).status, 200, "it is still there");
}

#[test]
fn secrets_in_urls_are_masked_everywhere_and_stay() {
    const URL: &str = "https://me:s3cr3t-pw@h/x?key=s3cr3t-query";
    const SHOWN: &str = "https://***@h/x?key=***";
    let stand = Stand::start();
    let headers = |url: &str| json!({ "instances": ["builtin:echo"], "headers": { "X-Url": url } });
    let put = |url: &str, tag: (&str, &str)| {
        let call = Call::new("PUT", "/v1/functions/default/linked").token(&stand.own);
        stand.send(&call.field(tag.0, tag.1).json(&headers(url)))
    };
    assert_eq!(put(URL, ("If-None-Match", "*")).status, 201);
    let file = stand.files().pop().expect("the file of new functions");
    let added = file["file"].as_str().expect("a path").to_owned();
    for path in [FILES, "/v1/functions", "/v1/functions/default/linked", "/v1/audit"] {
        let shown = stand.get(path);
        assert!(shown.body.contains(SHOWN) && !shown.body.contains("s3cr3t"), "{path}: {shown:?}");
    }
    assert_eq!(put(SHOWN, ("If-Match", "*")).status, 200);
    let written = || std::fs::read_to_string(&added).expect("a file");
    assert!(written().contains(URL), "{}", written());
    assert_eq!(put("https://***@elsewhere/x?key=***", ("If-Match", "*")).status, 422);
    let answer = stand.type_in("", &[typed(&file, "X-Url", "x-url")]);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(written().contains(URL) && written().contains("x-url"), "{}", written());
}
