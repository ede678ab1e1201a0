//! The admin API against its own description: schemathesis makes requests of it, good ones and bad ones, and judges the answers.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::skip::skipped;
use super::stand::{SHOP, Stand};
use super::support::directories::STATE;
use super::support::fngate;
use super::support::process::run;
use super::support::project::project;

/// Objects that are there before and are never asked for by name.
const KEPT: &str = r#"
[[function]]
name = "kept"
namespace = "kept-apart"
instances = ["builtin:echo"]
timeout = "11s"
[[service]]
name = "kept apart"
hosts = ["kept.test"]
[[service.api]] # a comment
name = "kept apart"
path = "/kept/{id}"
function = "kept-apart/kept"
"#;
const OBJECTS: [&str; 3] =
    ["/v1/functions/kept-apart/kept", "/v1/services/kept%20apart", "/v1/services/kept%20apart/apis/kept%20apart"];
const CASES: u64 = 2000;
/// Most of each kind for each operation, and what they are made from.
const EXAMPLES: &str = "40";
const SEED: &str = "20";

/// The tool that `tests/setup` installs, or one in the path.
fn schemathesis() -> Option<Command> {
    let installed: PathBuf = project("target/tests/admin/bin/schemathesis");
    let program = if installed.exists() { installed } else { PathBuf::from("schemathesis") };
    let version = Command::new(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match version {
        Ok(_) => Some(Command::new(program)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            skipped("the admin API against its description: schemathesis is not installed (tests/setup)");
            None
        }
        Err(error) => panic!("{}: {error}", program.display()),
    }
}

/// A server's errors, and answers that are not what the description says.
const CHECKS: [&str; 9] = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
];

/// What it asks for, beside names of its own: objects that are there, in any state.
const CONFIGURATION: &str = r#"
# It makes all objects what it is sent: only tried.
[[operations]]
include-path = "/v1/apply"
parameters = { "query.dry_run" = true }

# Bad codes count as failed logins, of which an address has ten.
[[operations]]
include-path = "/v1/session"
include-method = "POST"
enabled = false

[[operations]]
include-path-regex = "/apis"
parameters = { "path.service" = "shop" }

[[operations]]
include-path-regex = "/triggers"
parameters = { "path.namespace" = "default", "path.function" = "echo" }
"#;

/// Paths whose answers do not end.
fn streams(stand: &Stand) -> Vec<String> {
    let description = stand.get("/v1/openapi.json").json();
    let paths = description["paths"].as_object().expect("paths");
    let is_stream = |item: &Value| item["get"]["responses"]["200"]["content"].get("text/event-stream").is_some();
    paths.iter().filter(|(_, item)| is_stream(item)).map(|(path, _)| path.clone()).collect()
}

fn without_status(mut object: Value) -> Value {
    object.as_object_mut().expect("an object").remove("status");
    object
}

#[test]
fn two_thousand_requests_of_all_kinds() {
    let Some(mut command) = schemathesis() else { return };
    let stand = Stand::with(&format!("{SHOP}{KEPT}"));
    let show = || OBJECTS.map(|target| without_status(stand.get(target).json()));
    let before = show();
    let file = stand.folder.path().join("schemathesis.toml");
    std::fs::write(&file, CONFIGURATION).expect("a file");
    command.arg("--config-file").arg(file);
    command.arg("run").arg(format!("http://{}/v1/openapi.json", stand.gateway.admin));
    command.arg("--header").arg(format!("Authorization: Bearer {}", stand.write.text));
    command.args(["--checks", &CHECKS.join(","), "--max-examples", EXAMPLES, "--seed", SEED]);
    command.args(["--continue-on-failure", "--warnings", "off", "--no-color"]);
    for stream in streams(&stand) {
        command.args(["--exclude-path", &stream]);
    }
    // Its database of examples goes there.
    command.current_dir(stand.folder.path()).stdin(Stdio::null());
    let finished = command.output().expect("it runs");
    let out = String::from_utf8_lossy(&finished.stdout);
    assert!(finished.status.success(), "{out}\n{}", String::from_utf8_lossy(&finished.stderr));
    let cases = cases(&out);
    super::note("cases of schemathesis", cases);
    assert!(cases >= CASES, "{out}");

    assert_eq!(show(), before, "what nobody asked for has changed");
    assert!(stand.text().contains(KEPT), "{}", stand.text());
    assert_eq!(stand.get("/v1/status").json()["refused"], json!(null));
    let mut check = fngate(&["check", "-c", &stand.folder.argument()]);
    let checked = run(check.env("STATE_DIRECTORY", stand.folder.path().join(STATE)));
    assert_eq!(checked.code(), Some(0), "{}", checked.err);
    let log = stand.gateway.process.err();
    assert!(!log.contains("a bug in fngate") && !log.contains("panicked"), "{log}");
}

/// How many cases it says that it made: `2000 generated, 2000 passed`.
fn cases(out: &str) -> u64 {
    let line = out.lines().find(|line| line.contains(" generated")).unwrap_or_else(|| panic!("no count: {out}"));
    let number = line.split_whitespace().next().map(|number| number.replace(',', ""));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number: {line}"))
}
