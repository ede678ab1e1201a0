//! The blocks of docs/tutorial.md, run one after the other.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::kept::Kept;
use crate::support::eventually;
use crate::support::gateway::Folder;
use crate::support::port::free_port;
use crate::support::process::{Process, run};
use crate::support::project::project;

const ROOT: &str = "/tmp/tutorial";

/// The blocks of a document: kind and text.
fn blocks(document: &str) -> Vec<(&str, &str)> {
    document.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

/// Times, durations and ids are others each time. What aligns columns does not count.
fn normal(text: &str) -> Vec<String> {
    let word = |word: &str| {
        let is_time = word.len() >= 20 && word.ends_with('Z') && word.contains('T');
        let is_duration = word.strip_suffix("ms").is_some_and(|number| number.parse::<f64>().is_ok());
        if is_time {
            "TIME".to_owned()
        } else if is_duration {
            "DURATION".to_owned()
        } else {
            word.to_owned()
        }
    };
    text.trim_end()
        .lines()
        .map(|line| line.split(' ').filter(|part| !part.is_empty()).map(word).collect::<Vec<_>>().join(" "))
        .collect()
}

/// The commands of docs/history.md, a line each.
#[test]
fn a_release_is_made_as_the_history_says() {
    let page = std::fs::read_to_string(project("docs/history.md")).expect("the page");
    let place = Place::of_the_tutorial();
    let blocks = blocks(&page);
    let (_, text) = blocks.iter().find(|(kind, text)| *kind == "sh" && text.contains("fngate")).expect("commands");
    for line in text.lines() {
        let finished = run(&mut place.shell(line));
        assert_eq!(finished.code(), Some(0), "{line}: {finished:?}");
        for said in line
            .split_once("releases ")
            .and_then(|(_, rest)| rest.split_once('#'))
            .iter()
            .flat_map(|(_, said)| said.split(';'))
        {
            let (environment, state) = said.trim().split_once(": ").expect("an environment");
            let is_said = |line: &str| line.starts_with(environment) && line.ends_with(state);
            assert!(finished.out.lines().any(is_said), "{said} in {}", finished.out);
        }
    }
}

/// The place of the tutorial on this machine.
struct Place {
    kept: Kept,
}

impl Place {
    /// A gateway with the configuration of the tutorial, on ports that are free, which stay the same for the commands.
    fn of_the_tutorial() -> Self {
        let page = std::fs::read_to_string(project("docs/tutorial.md")).expect("the page");
        let (_, text) = *blocks(&page).iter().find(|(kind, _)| *kind == "toml").expect("a configuration");
        let folder = Folder::new("");
        for directory in ["run", "state"] {
            std::fs::create_dir(folder.path().join(directory)).expect("a folder");
        }
        let root = folder.path().to_str().expect("text").to_owned();
        let admin = format!("127.0.0.1:{}", free_port());
        let text = text.replace("127.0.0.1:8080", "127.0.0.1:0").replace("127.0.0.1:9901", &admin);
        // The test waits for lines of the log in JSON.
        folder.write(&text.replace(ROOT, &root).replace("format = \"text\"", "format = \"json\""));
        Self { kept: Kept::serve(folder) }
    }

    /// Runs a command of the page, after a script, and compares what it prints with what the page says.
    #[track_caller]
    fn runs(&self, text: &str, before: &str) {
        let (line, expected) = text.split_once('\n').unwrap_or((text, ""));
        let line = line.strip_prefix("$ ").expect("a command");
        let finished = run(&mut self.shell(&format!("{before}{line}")));
        assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""), "{line}");
        assert_eq!(normal(&finished.out), normal(&self.here(expected)), "{line}\n{}", finished.out);
    }

    /// A text of the page with the addresses and paths of this run.
    fn here(&self, text: &str) -> String {
        let root = self.kept.folder.path().to_str().expect("text");
        let text = text.replace("127.0.0.1:8080", &self.kept.gateway.address.to_string());
        text.replace("127.0.0.1:9901", &self.kept.gateway.admin.to_string())
            .replace(ROOT, root)
            .replace(ROOT.trim_start_matches('/'), root.trim_start_matches('/'))
    }

    /// A command line as a shell of the tutorial runs it.
    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        let program = Path::new(env!("CARGO_BIN_EXE_fngate")).parent().expect("a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        let here = self.here(line);
        command.args(["-c", &here]).current_dir(self.kept.folder.path());
        command.env("PATH", format!("{}:{path}", program.display()));
        command.env("FNGATE_CONFIG", self.kept.folder.file());
        command.env("RUNTIME_DIRECTORY", self.kept.folder.path().join("run")).env_remove("FNGATE_TOKEN");
        command
    }
}

#[test]
fn the_page_is_what_happens() {
    let page = std::fs::read_to_string(project("docs/tutorial.md")).expect("the page");
    let place = Place::of_the_tutorial();
    let (mut tail, mut told) = (None::<Process>, 0);
    for (kind, text) in blocks(&page) {
        match (kind, text.trim_end()) {
            ("toml", _) | ("sh", "fngate run") => {}
            ("sh", "cd /tmp/tutorial && export FNGATE_CONFIG=/tmp/tutorial/fngate.toml") => {}
            ("sh", "fngate tail &") => {
                let mut command = place.shell("exec fngate tail");
                let process = Process::start(command.stdin(Stdio::null()), place.kept.folder.path());
                eventually("the tail follows", || process.err().contains("following").then_some(()));
                tail = Some(process);
            }
            ("console", text) => place.runs(text, ""),
            ("text", expected) => {
                told += 1;
                let tail = tail.as_ref().expect("the tail runs");
                let expected = normal(expected);
                eventually("the tail shows it", || {
                    let lines = normal(&tail.out());
                    (lines.len() == told && lines.ends_with(&expected)).then_some(())
                });
            }
            (kind, text) => panic!("nobody runs this block: {kind}\n{text}"),
        }
    }
    assert_eq!(told, 2, "the tail was asked for both calls");
}

#[test]
fn the_admin_api_does_what_its_page_says() {
    let page = std::fs::read_to_string(project("docs/admin-api.md")).expect("the page");
    let place = Place::of_the_tutorial();
    // What the shell of the page has set so far.
    let mut variables = String::new();
    let mut commands = 0;
    for (kind, text) in blocks(&page) {
        match kind {
            "sh" if text.contains("=$(") => {
                // The value of this moment: a tag changes with its object.
                let (name, _) = text.split_once('=').expect("a variable");
                let finished = run(&mut place.shell(&format!("{variables}{text}printf %s \"${name}\"")));
                variables.push_str(&format!("{name}='{}'\n", finished.out));
            }
            "sh" => {
                let finished = run(&mut place.shell(&format!("{variables}{text}")));
                assert_eq!(finished.code(), Some(0), "{text}{}", finished.err);
            }
            "console" => {
                commands += 1;
                place.runs(text.trim_end(), &variables);
            }
            "json" => {}
            kind => panic!("nobody runs this block: {kind}\n{text}"),
        }
    }
    assert_eq!(commands, 8);
}
