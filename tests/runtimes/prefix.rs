//! The examples of `docs/base-path.md`: whatever an application leads its clients to stays under its prefix.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use http::{StatusCode, Uri};
use tempfile::TempDir;

use crate::client::{self, Address};
use crate::clock::{self, eventually};
use crate::function::installed;
use crate::gateway::Gateway;
use crate::port::free_port;
use crate::process::Process;
use crate::project::project;

const HOST: &str = "www.example.com";
const PATIENCE: Duration = Duration::from_secs(60);

/// An example: its blocks in the order of the document.
pub(crate) struct Example {
    pub(crate) section: &'static str,
    pub(crate) prefix: &'static str,
    /// Paths that lead elsewhere, in order.
    pub(crate) redirects: &'static [&'static str],
    /// What else has to be there.
    pub(crate) pages: &'static [&'static str],
}

/// The application of an example, with a gateway in front of it.
struct Site {
    gateway: Gateway,
    _application: Process,
    _folder: TempDir,
}

impl Example {
    pub(crate) async fn stays_under_its_prefix(&self) {
        let site = self.start().await;
        let _busy = clock::busy().await;
        let home = format!("{}/", self.prefix);
        let mut left: Vec<String> = vec![home.clone()];
        left.extend(self.pages.iter().map(|page| format!("{}{page}", self.prefix)));
        for path in self.redirects {
            let reply = site.get(&format!("{}{path}", self.prefix)).await;
            assert!(reply.status.is_redirection(), "{path}: {reply:?}");
            left.push(self.within(reply.field("location"), path));
        }
        // Every page, and all that they lead to in turn.
        let mut seen = BTreeSet::new();
        while let Some(path) = left.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let reply = site.get(&path).await;
            if reply.status.is_redirection() {
                left.push(self.within(reply.field("location"), &path));
                continue;
            }
            assert_eq!(reply.status, StatusCode::OK, "{path}: {reply:?}");
            if reply.field("content-type").starts_with("text/html") {
                let page = String::from_utf8_lossy(&reply.body);
                left.extend(links(&page).map(|link| self.within(link, &path)));
            }
        }
        assert!(seen.iter().any(|path| path.starts_with(&format!("{}/static/", self.prefix))), "{seen:?}");
        assert!(seen.len() > 2, "{seen:?}");
    }

    /// The path that a link on a page leads to, which has to be one of the application's.
    #[track_caller]
    fn within(&self, link: &str, page: &str) -> String {
        let uri: Uri = link.parse().unwrap_or_else(|error| panic!("{error}: {link:?} on {page}"));
        assert!(uri.host().is_none_or(|host| host == HOST), "{link} on {page}");
        let path = uri.path_and_query().expect("a path").as_str();
        assert!(path.starts_with(&format!("{}/", self.prefix)), "{link} on {page} is not under {}", self.prefix);
        path.to_owned()
    }

    async fn start(&self) -> Site {
        let _busy = clock::busy().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        let text = std::fs::read_to_string(project("docs/base-path.md")).expect("the document");
        let (common, _) = text.split_once("\n## ").expect("sections");
        let section = text.split("\n## ").find(|part| part.starts_with(self.section)).expect("the section");
        if let Some(program) = block(section, "python") {
            write(&path.join("shop.py"), program);
            std::fs::create_dir(path.join("static")).expect("a folder");
            write(&path.join("static/shop.css"), "a { color: inherit }");
        }
        let configuration = block(section, "toml,fragment").or_else(|| block(common, "toml,fragment"));
        let configuration = configuration.expect("a configuration");
        let written = configuration.split_once("127.0.0.1:").and_then(|(_, rest)| rest.split('"').next());
        let (written, port) = (written.expect("a port"), free_port().to_string());
        let command = block(section, "sh").expect("a command");
        assert_eq!((command.matches(written).count(), command.lines().count()), (1, 1), "{command}");
        let application = start(&command.replace(written, &port), path).await;
        eventually("the application listens", PATIENCE, async || {
            tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.ok()
        })
        .await;
        let around = "[[listener]]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"127.0.0.1:0\"\n";
        let gateway = Gateway::start(&format!("{around}{}", configuration.replace(written, &port)), path).await;
        Site { gateway, _application: application, _folder: folder }
    }
}

impl Site {
    async fn get(&self, target: &str) -> client::Reply {
        let request = http::Request::get(target).header("host", HOST);
        let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).expect("a request");
        let address: &Address = &self.gateway.address;
        client::send(address, request).await.unwrap_or_else(|error| panic!("{target}: {error}"))
    }
}

/// Starts a command of the document, with the program that `tests/setup` has installed.
async fn start(command: &str, folder: &Path) -> Process {
    let mut words = command.split_whitespace();
    let program = words.next().expect("a program");
    let mut started = Command::new(installed("venv", "bin").join(program));
    started.args(words).current_dir(folder).env("HOME", folder).env("PYTHONDONTWRITEBYTECODE", "1");
    if program == "jupyter" {
        // In a container, tests are run by root.
        started.arg("--allow-root").env("JUPYTER_TOKEN", "secret").env("JUPYTER_RUNTIME_DIR", folder.join("runtime"));
    }
    Process::start(program, started, folder).unwrap_or_else(|error| panic!("{command}: {error}"))
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the folder can be written to");
}

/// The first block of a language in a part of a document.
fn block<'t>(part: &'t str, language: &str) -> Option<&'t str> {
    let (_, rest) = part.split_once(&format!("\n```{language}\n"))?;
    rest.split_once("\n```").map(|(block, _)| block)
}

/// What a page refers to.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let values = ["href=\"", "src=\""].into_iter().flat_map(|start| page.split(start).skip(1));
    let links = values.filter_map(|rest| Some(rest.split_once('"')?.0));
    // Other sites, and what is no address of a page.
    let is_other =
        |link: &str| link.starts_with('#') || link.starts_with("data:") || link.contains("://") && !link.contains(HOST);
    links.filter(move |link| !link.is_empty() && !is_other(link))
}
