//! The compose file. It is run nowhere here; its parts are: the configurations are read, and the functions start as in their images and answer
//! through a gateway.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::support::client::call;
use super::support::gateway::{Folder, Gateway};
use super::support::port::free_port;
use super::support::process::{Process, run};
use super::support::project::project;
use super::support::{eventually, fngate};
use super::tools::{has_prometheus, installed, judge, promtool, text};

const FOLDER: &str = "deploy/compose";
const CONFIGURATION: &str = "deploy/compose/fngate/fngate.toml";

fn services() -> serde_json::Map<String, Value> {
    let read = judge("compose", &project(FOLDER).join("compose.yaml"));
    read["services"].as_object().expect("services").clone()
}

/// What of this machine a service sees, and where.
fn mounts(service: &Value) -> Vec<(PathBuf, PathBuf)> {
    let volumes = service["volumes"].as_array().cloned().unwrap_or_default();
    let volumes = volumes.iter().map(|volume| volume.as_str().expect("the short form").to_owned());
    let bound = volumes.filter(|volume| volume.starts_with('.'));
    let mount = |volume: String| {
        let mut parts = volume.split(':').map(str::to_owned);
        let (from, to, mode) = (parts.next(), parts.next(), parts.next());
        assert_eq!(mode.as_deref(), Some("ro"), "{volume}");
        (project(FOLDER).join(from.expect("a source")), to.expect("a target").into())
    };
    bound.map(mount).collect()
}

#[test]
fn what_it_names_is_there() {
    let services = services();
    for (name, service) in &services {
        for (from, _) in mounts(service) {
            assert!(from.exists(), "{name}: {}", from.display());
        }
        for other in service["depends_on"].as_array().into_iter().flatten() {
            assert!(services.contains_key(other.as_str().expect("a name")), "{name}: {other}");
        }
        if let Some(folder) = service["build"].as_str() {
            assert!(project(FOLDER).join(folder).join("Dockerfile").exists(), "{name}: {folder}");
        }
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
    }
    let finished = run(fngate(&["check", "-c", CONFIGURATION]).current_dir(project("")));
    assert_eq!(finished.code(), Some(0), "{}", finished.err);
    // Those whom the configurations name are services at the ports that they listen on.
    for (file, names) in [
        (CONFIGURATION, &["http://python:8080", "http://node:8080", "hosts = [\"gateway\"]"][..]),
        ("deploy/compose/prometheus/prometheus.yaml", &["gateway:9901"]),
        ("deploy/compose/grafana/datasource.yaml", &["http://prometheus:9090"]),
    ] {
        assert!(names.iter().all(|name| text(file).contains(name)), "{file}");
    }
    assert!(["gateway", "python", "node", "prometheus", "grafana"].iter().all(|name| services.contains_key(*name)));
}

#[test]
fn grafana_finds_its_source_and_the_dashboard() {
    let services = services();
    let mounts = mounts(&services["grafana"]);
    let seen = |path: &str| {
        let found = mounts.iter().find(|(_, to)| to == Path::new(path));
        found.unwrap_or_else(|| panic!("{path} is not mounted")).0.clone()
    };
    let source = judge("yaml", &seen("/etc/grafana/provisioning/datasources/fngate.yaml"));
    assert_eq!(source["datasources"][0]["type"], "prometheus");
    let provider = judge("yaml", &seen("/etc/grafana/provisioning/dashboards/fngate.yaml"));
    let folder = provider["providers"][0]["options"]["path"].as_str().expect("a path").to_owned();
    assert_eq!(
        seen(&format!("{folder}/fngate.json")).canonicalize().ok(),
        project("deploy/grafana/fngate.json").canonicalize().ok()
    );
}

#[test]
fn prometheus_finds_its_rules() {
    if !has_prometheus() {
        return;
    }
    let root = tempfile::tempdir().expect("a folder");
    let own = root.path().join("etc/prometheus");
    std::fs::create_dir_all(&own).expect("a folder");
    let configuration = own.join("prometheus.yml");
    for (from, to) in mounts(&services()["prometheus"]) {
        let there = root.path().join(to.strip_prefix("/").expect("an absolute path"));
        std::fs::copy(from, there).expect("copied");
    }
    // The same paths below another root.
    let moved = std::fs::read_to_string(&configuration)
        .expect("the configuration")
        .replace("/etc/prometheus", own.to_str().expect("text"));
    std::fs::write(&configuration, moved).expect("written");
    promtool(&["check", "config", configuration.to_str().expect("text")]);
}

/// What an image of a function is told to run, with another port.
fn command(function: &str, program: &Path, port: u16) -> Command {
    let file = text(&format!("{FOLDER}/functions/{function}/Dockerfile"));
    let line = file.lines().find_map(|line| line.strip_prefix("CMD ")).expect("a command");
    let words: Vec<String> = serde_json::from_str(line).expect("a list");
    assert!(words[0].ends_with("functions-framework"), "{words:?}");
    let mut command = Command::new(program);
    command.args(words[1..].iter().map(|word| word.replace("8080", &port.to_string())));
    assert!(command.get_args().any(|word| word.to_str() == Some(&format!("--port={port}"))), "{words:?}");
    command.current_dir(project(FOLDER).join("functions").join(function)).stdin(Stdio::null());
    command
}

#[test]
fn functions_start_and_answer_through_the_gateway() {
    let output = TempDir::new().expect("a folder");
    let (python, node) = (free_port(), free_port());
    let mut commands = [
        command("python", &installed("venv", "bin/functions-framework"), python),
        command("node", &installed("node", "node_modules/.bin/functions-framework"), node),
    ];
    commands[0].arg("--host=127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1").env("HOME", output.path());
    let _functions = commands.each_mut().map(|command| Process::start(command, output.path()));
    for port in [python, node] {
        eventually("a function listens", || TcpStream::connect(("127.0.0.1", port)).ok());
    }
    let local = [
        ("0.0.0.0:8080", "127.0.0.1:0".to_owned()),
        ("0.0.0.0:9901", "127.0.0.1:0".to_owned()),
        ("http://python:8080", format!("http://127.0.0.1:{python}")),
        ("http://node:8080", format!("http://127.0.0.1:{node}")),
    ];
    let configuration = local.iter().fold(text(CONFIGURATION), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let gateway = Gateway::start(&Folder::new(&configuration));
    for runtime in ["python", "node"] {
        let reply = gateway.get(&format!("/{runtime}/ada"));
        assert_eq!(reply.status, 200, "{reply:?}");
        for part in [runtime, "GET", &format!("/{runtime}/ada"), "name=ada"] {
            assert!(reply.body.contains(&format!("\"{part}\"")), "{part}: {}", reply.body);
        }
    }
    // As Prometheus asks, by the name of the service.
    let scrape = call(gateway.admin, "GET /metrics", "gateway:9901").expect("an answer");
    assert_eq!(scrape.status, 200);
}

/// The images install what the tests run.
#[test]
fn images_have_the_versions_that_are_tested() {
    let tested = text("tests/runtimes/requirements.txt");
    for line in text(&format!("{FOLDER}/functions/python/requirements.txt")).lines() {
        assert!(tested.lines().any(|other| other == line), "{line}");
    }
    let dependencies = |path: &str| -> Value {
        let package: Value = serde_json::from_str(&text(path)).expect("JSON");
        package["dependencies"].clone()
    };
    let tested = dependencies("tests/runtimes/node/package.json");
    let own = dependencies(&format!("{FOLDER}/functions/node/package.json"));
    for (name, version) in own.as_object().expect("dependencies") {
        assert_eq!(&tested[name], version, "{name}");
    }
}
