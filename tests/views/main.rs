//! The route of a path against what real servers make of the same bytes: the API that the matcher selects is the one that the
//! path selects as the server has decoded it, or the server refuses the path.
//!
//! Random tables and targets that are made to collide; `FNGATE_VIEWS_TARGETS` says how many each decoder is asked.

mod generate;
mod judge;
mod lines;
mod nginx;
#[path = "../support/project.rs"]
mod project;
mod run;

use run::{Asked, View, run};

/// Targets for each decoder in an ordinary run.
const TARGETS: usize = 100_000;

/// What a path of the application sees, asked of a script in the runtime that `tests/setup` installs.
fn scripted(name: &str, mut decoder: lines::Decoder) {
    let tally = run(name, |asked| {
        let questions = asked.iter().map(|Asked { rule, path, .. }| format!("{rule}\t{path}"));
        decoder.ask(questions.collect()).iter().map(|answer| views(answer)).collect()
    });
    tally.assert_sound();
}

/// The views of one answer; a question mark in front of one that the server's own rule does not match.
fn views(answer: &str) -> Vec<View> {
    let words = answer.split(' ').filter(|word| *word != "!");
    words
        .map(|word| match word.strip_prefix('?') {
            Some(path) => View { path: path.to_owned(), api: Some(None) },
            None => View { path: word.to_owned(), api: None },
        })
        .collect()
}

#[test]
fn node_and_express_reach_the_same_api() {
    scripted("node", lines::node());
}

#[test]
fn werkzeug_and_gunicorn_reach_the_same_api() {
    scripted("werkzeug", lines::wsgi());
}

#[test]
fn nginx_reaches_the_same_api() {
    let specs = generate::tables();
    let mut nginx = nginx::Nginx::start(&specs);
    run("nginx", |asked| nginx.ask(asked)).assert_sound();
}

/// The decoders do decode: a test in which they did nothing would pass.
#[test]
fn the_decoders_are_real() {
    for (path, node, wsgi) in [
        ("/a%2Fb", "/a%2Fb /a/b", "/a/b"),
        ("/a/%2e%2e/b", "/a/../b /b", "/a/../b"),
        ("//x/b", "//x/b /x/b /b", "/x/b //x/b"),
        ("/a\\b", "/a%5Cb /a/b", "/a%5Cb"),
        ("/a;v=1/b", "/a%3Bv%3D1/b", "/a%3Bv%3D1/b"),
        ("/%FF", "!", "/%EF%BF%BD /%FF"),
    ] {
        let asked = |mut decoder: lines::Decoder| decoder.ask(vec![format!("/\t{path}")]).remove(0);
        assert_eq!((asked(lines::node()).as_str(), asked(lines::wsgi()).as_str()), (node, wsgi), "{path}");
    }
    let specs = generate::tables();
    let mut nginx = nginx::Nginx::start(&specs);
    for (path, expected) in [
        ("/a%2Fb", Some("/a/b")),
        ("/a//%2e%2e/b", Some("/b")),
        ("/a;v=1/b", Some("/a%3Bv%3D1/b")),
        ("/a%00b", None),
        ("/..", None),
    ] {
        let asked = Asked { table: 0, api: 0, rule: "/".to_owned(), path: path.to_owned() };
        let views = nginx.ask(&[asked]).remove(0);
        assert_eq!(views.first().map(|view| view.path.as_str()), expected, "{path}");
    }
}
