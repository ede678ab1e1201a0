//! What is shown to people: lines and colours on a terminal, JSON everywhere else.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::client::call;
use crate::support::gateway::{BASE, Folder};
use crate::support::process::Process;
use crate::support::project::project;
use crate::support::{eventually, fngate};

/// Has a command run on a terminal.
pub fn on_terminal(command: &Command) -> Command {
    let mut terminal = Command::new("python3");
    terminal.arg(project("tests/cli/terminal.py")).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => terminal.env(name, value),
            None => terminal.env_remove(name),
        };
    }
    terminal.env("TERM", "xterm").env_remove("NO_COLOR");
    terminal
}

fn configuration(format: &str, access: &str) -> String {
    let base = BASE.replace("access = \"off\"", &format!("format = \"{format}\"\naccess = {access:?}"));
    format!(
        "{base}\n[[function]]\nname = \"echo\"\ninstances = [\"builtin:echo\"]\n\
         [[service]]\nname = \"shop\"\nhosts = [\"shop.test\"]\n\
         [[service.api]]\nname = \"all\"\npath = \"/\"\nmethod = \"GET\"\nfunction = \"echo\"\n"
    )
}

/// The listener, as the log names it in either form.
fn listener(log: &str) -> Option<SocketAddr> {
    let rest = log.split_once("listeners")?.1.split_once("127.0.0.1:")?.1;
    let port = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    rest.contains('\n').then(|| ([127, 0, 0, 1], port).into())
}

/// A form that access lines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Plain,
    Coloured,
}

#[track_caller]
fn assert_form(form: Form, lines: &str) {
    let [good, bad] = ["GET", "POST"].map(|method| {
        let line = lines.lines().find(|line| line.contains(method) && line.contains("/hello"));
        line.unwrap_or_else(|| panic!("no {method} in {lines}"))
    });
    if form == Form::Json {
        for (line, status) in [(good, 200), (bad, 405)] {
            let fields: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(fields["status"], status, "{line}");
        }
        return;
    }
    let (green, yellow, end) = if form == Form::Coloured { ("\x1b[32m", "\x1b[33m", "\x1b[0m") } else { ("", "", "") };
    for (line, words) in [
        (good, format!("GET /hello {green}200{end} default/echo")),
        (bad, format!("POST /hello {yellow}405{end} - method_not_allowed")),
    ] {
        let columns: Vec<_> = line.split_whitespace().collect();
        assert!(columns[0].starts_with("20") && columns[0].ends_with('Z'), "the time: {line:?}");
        assert!(columns[4].ends_with("ms"), "the duration: {line:?}");
        let others: Vec<_> = columns[1..4].iter().chain(&columns[5..]).copied().collect();
        assert_eq!(others.join(" "), words, "{line:?}");
    }
}

#[test]
fn access_lines_are_for_people_on_a_terminal_with_text_and_json_everywhere_else() {
    for (is_terminal, format, access, no_color, form) in [
        (true, "text", "stdout", None, Form::Coloured),
        (true, "text", "stderr", Some(""), Form::Coloured),
        (true, "text", "stdout", Some("1"), Form::Plain),
        (true, "json", "stdout", None, Form::Json),
        (true, "text", "access.log", None, Form::Json),
        (false, "text", "stdout", None, Form::Json),
        (false, "text", "stderr", None, Form::Json),
    ] {
        let folder = Folder::new("");
        let file = folder.path().join("access.log");
        let output = if access == "access.log" { file.to_str().expect("text") } else { access };
        folder.write(&configuration(format, output));
        let mut command = fngate(&["run", "-c", &folder.argument()]);
        if is_terminal {
            command = on_terminal(&command);
        }
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let process = Process::start(command.stdin(Stdio::null()), folder.path());
        let printed = || format!("{}{}", process.out(), process.err());
        let address = eventually("it serves", || listener(&printed()));
        let written =
            || if access == "access.log" { std::fs::read_to_string(&file).unwrap_or_default() } else { printed() };
        let mut lines = String::new();
        for (index, method) in ["GET", "POST"].iter().enumerate() {
            call(address, &format!("{method} /hello?secret=1"), "shop.test").expect("an answer");
            // Another worker may serve the next one, and write its line first.
            lines = eventually("the line is written", || {
                Some(written()).filter(|text| text.matches("/hello").count() == index + 1 && text.ends_with('\n'))
            });
        }
        assert_form(form, &lines);
        assert!(!lines.contains("secret"), "{lines}");
        // The log itself has colours under the same rule.
        let log = printed().contains("\x1b[");
        assert_eq!(
            log,
            is_terminal && format == "text" && no_color != Some("1"),
            "{format} {no_color:?}: {}",
            printed()
        );
        process.signal(Signal::TERM);
        assert_eq!(process.finish().code(), Some(0));
    }
}

#[test]
fn reports_have_colours_on_a_terminal_that_wants_them() {
    let folder = Folder::new(&crate::support::gateway::broken());
    for (no_color, has_colours) in [(None, true), (Some(""), true), (Some("1"), false)] {
        let mut command = on_terminal(&fngate(&["check", "-c", &folder.argument()]));
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let finished = crate::support::process::run(&mut command);
        assert_eq!(finished.code(), Some(78), "{finished:?}");
        assert_eq!(finished.out.contains("\x1b["), has_colours, "{no_color:?}: {}", finished.out);
    }
}
