//! A decoder in another language: a process that answers each line with a line.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::project::project;

/// The scripts answer in blocks of as many lines.
const BLOCK: usize = 100;

#[derive(Debug)]
pub(crate) struct Decoder {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Node.js with Express.
pub(crate) fn node() -> Decoder {
    let mut command = Command::new("node");
    command.arg("--no-deprecation").arg(script("node.js")).env("NODE_PATH", installed("node", "node_modules"));
    Decoder::start(command)
}

/// Python with Werkzeug and gunicorn.
pub(crate) fn wsgi() -> Decoder {
    let mut command = Command::new(installed("venv", "bin/python"));
    command.arg(script("wsgi.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    Decoder::start(command)
}

impl Decoder {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (questions, answers) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Self { child, questions, answers: BufReader::new(answers) }
    }

    /// The answer to each line.
    pub(crate) fn ask(&mut self, mut lines: Vec<String>) -> Vec<String> {
        let count = lines.len();
        lines.resize(count.next_multiple_of(BLOCK), "/\t/".to_owned());
        let wanted = lines.len();
        let Self { questions, answers, .. } = self;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let text = lines.join("\n") + "\n";
                questions.write_all(text.as_bytes()).and_then(|()| questions.flush()).expect("the decoder reads");
            });
            let mut found: Vec<_> = (0..wanted).map(|_| line(answers)).collect();
            found.truncate(count);
            found
        })
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(answers: &mut impl BufRead) -> String {
    let mut line = String::new();
    let length = answers.read_line(&mut line).expect("the decoder writes text");
    assert!(length > 0, "the decoder has ended");
    line.trim_end_matches('\n').to_owned()
}

fn script(name: &str) -> PathBuf {
    project("tests/views/decoders").join(name)
}

/// What `tests/setup` has installed. Its stamp says that it was not interrupted.
fn installed(environment: &str, path: &str) -> PathBuf {
    let folder = project("target/tests").join(environment);
    assert!(folder.join(".stamp").exists(), "{} is missing: run tests/setup", folder.display());
    folder.join(path)
}
