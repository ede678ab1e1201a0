//! nginx with a server for each table and a location for each rule. It says which location a path is in, and what `$uri` is.
//!
//! Each table is served twice, with `merge_slashes` on, as it comes, and off.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::Duration;

use tempfile::TempDir;

use crate::generate::Table;
use crate::judge::{Part, Rule};
use crate::run::{Asked, View};

/// How often it is looked whether nginx listens, and how many times.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: usize = 500;
/// Requests that are on their way at once. Each answer is small, so that neither side waits for the other.
const PIPELINED: usize = 100;

#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    connection: Option<BufReader<UnixStream>>,
    socket: PathBuf,
    _folder: TempDir,
}

impl Nginx {
    pub(crate) fn start(tables: &[Table]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (socket, file) = (folder.path().join("nginx.sock"), folder.path().join("nginx.conf"));
        std::fs::write(&file, configuration(tables, folder.path(), &socket)).expect("the folder can be written to");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).arg("-e").arg(folder.path().join("error.log")).arg("-c").arg(&file);
        let child = command.stdin(Stdio::null()).spawn().unwrap_or_else(|error| panic!("nginx is missing: {error}"));
        let mut started = Self { child, connection: None, socket, _folder: folder };
        for _ in 0..LOOKS {
            if UnixStream::connect(&started.socket).is_ok() {
                return started;
            }
            let ended = started.child.try_wait().expect("a child of this process");
            assert!(ended.is_none(), "nginx ended with {ended:?}");
            park_timeout(LOOK);
        }
        panic!("nginx does not listen");
    }

    /// What both servers of its table see of each target.
    pub(crate) fn ask(&mut self, asked: &[Asked]) -> Vec<Vec<View>> {
        let questions: Vec<_> = asked.iter().flat_map(|asked| ["m", "s"].map(|kind| (kind, asked))).collect();
        let mut answers: Vec<Option<View>> = Vec::with_capacity(questions.len());
        while answers.len() < questions.len() {
            let start = answers.len();
            let window = &questions[start..questions.len().min(start + PIPELINED)];
            self.exchange(window, &mut answers);
            assert!(answers.len() > start, "nginx does not answer");
        }
        answers.chunks(2).map(|both| both.iter().flatten().cloned().collect()).collect()
    }

    /// Sends all questions and reads answers up to the one behind which the connection is closed.
    fn exchange(&mut self, questions: &[(&str, &Asked)], answers: &mut Vec<Option<View>>) {
        let socket = &self.socket;
        let open = || BufReader::new(UnixStream::connect(socket).expect("nginx listens"));
        let mut connection = self.connection.take().unwrap_or_else(open);
        let mut text = String::new();
        for (kind, Asked { table, path, .. }) in questions {
            let _ = write!(text, "GET {path} HTTP/1.1\r\nHost: {kind}{table}\r\n\r\n");
        }
        // Behind a target that it refuses, nginx reads no more; the rest is asked again.
        let _ = connection.get_mut().write_all(text.as_bytes());
        for _ in questions {
            let Some((status, body)) = answer(&mut connection) else { return };
            answers.push((status == 200).then(|| view(&body)));
            if status != 200 {
                return;
            }
        }
        self.connection = Some(connection);
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status and body, or none if the connection was closed before it.
fn answer(connection: &mut BufReader<UnixStream>) -> Option<(u16, Vec<u8>)> {
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = Vec::new();
        if connection.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8(line).expect("a line of text");
        if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
            status = rest[..3].parse().expect("a status");
        } else if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().expect("a length");
        } else if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    Some((status, body))
}

/// `3 /path`: the number of the location, and `$uri` as bytes.
fn view(body: &[u8]) -> View {
    let space = body.iter().position(|&byte| byte == b' ').expect("a location and a path");
    let api = std::str::from_utf8(&body[..space]).expect("a number").parse().ok();
    let escape =
        |segment: &[u8]| percent_encoding::percent_encode(segment, percent_encoding::NON_ALPHANUMERIC).to_string();
    let segments: Vec<_> = body[space + 1..].split(|&byte| byte == b'/').map(escape).collect();
    View { path: segments.join("/"), api: Some(api) }
}

fn configuration(tables: &[Table], folder: &Path, socket: &Path) -> String {
    let mut servers = String::new();
    for (index, table) in tables.iter().enumerate() {
        for (kind, merge) in [("m", "on"), ("s", "off")] {
            let (socket, locations) = (socket.display(), locations(&table.rules));
            let _ = write!(
                servers,
                "server {{ listen unix:{socket}; server_name {kind}{index}; merge_slashes {merge};\n{locations}}}\n"
            );
        }
    }
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let paths: String = paths.iter().map(|name| format!("{name}_temp_path {}/{name};\n", folder.display())).collect();
    format!(
        "daemon off; master_process off; pid {0}/nginx.pid; error_log {0}/error.log crit;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; default_type text/plain;\n\
         server_names_hash_max_size 4096; server_names_hash_bucket_size 128;\n{paths}{servers}}}\n",
        folder.display()
    )
}

/// The rules as regular expressions, of which nginx takes the first that matches.
fn locations(rules: &[Rule]) -> String {
    let mut order: Vec<_> = (0..rules.len()).collect();
    order.sort_by_key(|&index| rules[index].rank());
    let mut text = String::from("location / { return 200 \"none $uri\"; }\n");
    for index in order {
        // In a decoded path no segment has a slash; written as a location, it would stand between two.
        if rules[index].parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains(&b'/'))) {
            continue;
        }
        let _ = writeln!(text, "location ~ \"{}\" {{ return 200 \"{index} $uri\"; }}", expression(&rules[index]));
    }
    text
}

fn expression(rule: &Rule) -> String {
    let mut text = String::from("(?s)^");
    for part in &rule.parts {
        text.push('/');
        match part {
            Part::Literal(bytes) => bytes.iter().for_each(|byte| {
                let _ = write!(text, "\\x{byte:02x}");
            }),
            Part::Parameter => text.push_str("[^/]+"),
            Part::Rest => text.push_str(".+"),
        }
    }
    let end = match (&rule.parts[..], rule.exact) {
        (_, false) if rule.parts.last() == Some(&Part::Rest) => "\\z",
        ([], true) => "/\\z",
        ([], false) => "/.*\\z",
        (_, true) => "\\z",
        (_, false) => "(?:/.*)?\\z",
    };
    text + end
}
