//! Releases beside a configuration: which can be served, and what keeps them from it.

use super::*;
use crate::config::{Loaded, Memory, load_from};
use crate::control::history::Stamp;

const MAIN: &str = "/etc/fngate/fngate.toml";
const EDITS: &str = "/state/conf.d/shop.toml";
const BASE: &str = "[[listener]]\naddress = \"127.0.0.1:1\"\n[admin]\nedit_dir = \"/state/conf.d\"\n";

/// The functions of these names.
fn functions(names: &[&str]) -> String {
    names.iter().map(|name| format!("[[function]]\nname = \"{name}\"\ninstances = [\"builtin:echo\"]\n")).collect()
}

/// A service with a domain in an environment, and an API that is published everywhere.
fn service(name: &str, host: &str, environment: &str, function: &str) -> String {
    format!(
        "[[service]]\nname = \"{name}\"\n[[service.domain]]\nhost = \"{host}\"\nenvironment = \"{environment}\"\n\
         [[service.api]]\npath = \"/\"\nfunction = \"{function}\"\nenvironments = [\"release\", \"prepub\", \"test\"]\n"
    )
}

fn load(text: &str) -> Loaded {
    let memory = Memory::new([(MAIN, format!("{BASE}{text}"))]);
    load_from(&memory, MAIN.as_ref()).unwrap_or_else(|failure| panic!("{failure}"))
}

fn pin(revision: u64, documents: &[(&str, &str)]) -> Pin {
    let document = |(path, text): &(&str, &str)| Document { path: path.into(), content: text.as_bytes().to_vec() };
    let mut documents = documents.iter().map(document);
    let main = documents.next().expect("a main file");
    Pin::Pinned { revision, stamp: stamp(), documents: Ok(Documents::new(main, documents.collect())) }
}

fn stamp() -> Stamp {
    Stamp { time: jiff::Timestamp::UNIX_EPOCH, author: "ann".to_owned(), note: String::new() }
}

fn shared(pins: impl IntoIterator<Item = (Environment, Pin)>) -> Pins {
    pins.into_iter().map(|(environment, pin)| (environment, Arc::new(pin))).collect()
}

fn compiled(pins: Vec<(Environment, Pin)>, text: &str) -> (Releases, Vec<String>) {
    let Loaded { config, inputs, .. } = load(text);
    let (releases, report) = compile_what_can_be(&shared(pins), &config, &inputs);
    (releases, report.errors().iter().map(|error| error.message().to_owned()).collect())
}

/// What an environment serves, in a word.
fn word(releases: &Releases, environment: Environment) -> String {
    match releases.of(environment) {
        Release::Follows => "follows".to_owned(),
        Release::Pinned { revision, services, .. } => {
            let apis: usize = services.iter().map(|service| service.apis.len()).sum();
            format!("pinned {revision}, {apis} APIs")
        }
        Release::Unreleased => "unreleased".to_owned(),
        Release::Unavailable { revision } => format!("unavailable {revision:?}"),
    }
}

#[test]
fn a_release_is_served_with_the_functions_of_now() {
    let old = format!("{BASE}{}{}", functions(&["a", "gone"]), service("shop", "shop.test", "release", "a"));
    let broken = || Pin::Pinned { revision: 3, stamp: stamp(), documents: Err(HistoryError::Missing { number: 3 }) };
    let unknown = || Pin::Unknown { error: HistoryError::Missing { number: 3 } };
    let now = format!("{}{}", functions(&["a", "b"]), service("shop", "new.test", "release", "b"));
    for (pin, expected) in [
        (pin(2, &[(MAIN, &old)]), "pinned 2, 1 APIs"),
        (Pin::Unreleased { stamp: stamp() }, "unreleased"),
        (broken(), "unavailable Some(3)"),
        (unknown(), "unavailable None"),
    ] {
        let (releases, errors) = compiled(vec![(Environment::Release, pin)], &now);
        assert_eq!((word(&releases, Environment::Release).as_str(), errors), (expected, vec![]));
        assert_eq!(word(&releases, Environment::Test), "follows");
    }
}

#[test]
fn a_service_that_the_directory_of_edits_extends_is_released_as_a_whole() {
    let main = format!("{BASE}{}{}", functions(&["a"]), service("shop", "shop.test", "release", "a"));
    let edits = "[[service]]\nname = \"shop\"\n[[service.api]]\npath = \"/more\"\nfunction = \"a\"\n";
    // The directory may have been another one then.
    for edited in [EDITS, "/var/lib/old/conf.d/shop.toml"] {
        let pin = pin(2, &[(MAIN, &main), (edited, edits)]);
        let (releases, errors) = compiled(vec![(Environment::Release, pin)], &functions(&["a"]));
        assert_eq!((word(&releases, Environment::Release).as_str(), errors), ("pinned 2, 2 APIs", vec![]), "{edited}");
    }
}

#[test]
fn a_release_whose_function_is_gone_is_named() {
    let old = format!("{BASE}{}{}", functions(&["a"]), service("shop", "shop.test", "release", "a"));
    let Loaded { config, inputs, .. } = load(&functions(&["b"]));
    let pins = shared([(Environment::Release, pin(2, &[(MAIN, &old)]))]);
    let report = compile(&pins, &config, &inputs).expect_err("refused");
    let [error] = report.errors() else { panic!("{report}") };
    assert_eq!(
        error.message(),
        "the environment `release`, pinned to revision 2, cannot be served: there is no function `default/a`"
    );
    assert!(error.advice().is_some_and(|advice| advice.contains("fngate follow release")), "{report}");
    let place = error.place().expect("a place").file.to_string_lossy().into_owned();
    assert_eq!(place, "<release release of revision 2>/etc/fngate/fngate.toml");
    let (releases, errors) = compile_what_can_be(&pins, &config, &inputs);
    assert_eq!((word(&releases, Environment::Release).as_str(), errors.errors().len()), ("unavailable Some(2)", 1));
}

#[test]
fn of_domains_that_collide_only_the_release_gives_way() {
    let functions = functions(&["a"]);
    let old = |host: &str, environment: &str| format!("{BASE}{functions}{}", service("old", host, environment, "a"));
    let released = |environment, revision, host: &str| {
        (environment, pin(revision, &[(MAIN, &old(host, Environment::as_str(environment)))]))
    };
    use Environment::{Prepub, Release as Production, Test};
    for (pins, now, expected, count) in [
        // The files have the host in another environment meanwhile.
        (
            vec![released(Production, 2, "a.test")],
            service("new", "a.test", "test", "a"),
            ["unavailable Some(2)", "follows", "follows"],
            1,
        ),
        // In the same one the release takes its place.
        (
            vec![released(Production, 2, "a.test")],
            service("new", "a.test", "release", "a"),
            ["pinned 2, 1 APIs", "follows", "follows"],
            0,
        ),
        // Another release has nothing to do with it.
        (
            vec![released(Production, 2, "a.test"), released(Prepub, 3, "b.test")],
            service("new", "a.test", "test", "a"),
            ["unavailable Some(2)", "pinned 3, 1 APIs", "follows"],
            1,
        ),
        // Of two releases one is enough.
        (
            vec![released(Production, 2, "a.test"), released(Test, 3, "a.test")],
            service("new", "c.test", "release", "a"),
            ["unavailable Some(2)", "follows", "pinned 3, 1 APIs"],
            2,
        ),
    ] {
        let (releases, errors) = compiled(pins, &format!("{functions}{now}"));
        let found = [Production, Prepub, Test].map(|environment| word(&releases, environment));
        assert_eq!(found, expected, "{errors:?}");
        assert_eq!(errors.len(), count, "{errors:?}");
        assert!(errors.iter().all(|error| error.starts_with("the domain `a.test` at `/` is taken")), "{errors:?}");
    }
}

#[test]
fn without_a_history_numbers_go_on_and_releases_are_refused() {
    let mut revisions = Revisions::none();
    let Loaded { inputs, .. } = load(&functions(&["a"]));
    assert_eq!(revisions.record(&inputs, 6, &Author::file(), None), 7);
    assert!(revisions.state().is_err() && revisions.list().is_empty() && revisions.pins().is_empty());
    for refused in [
        revisions.unrelease(Environment::Test, &Author::file(), None),
        revisions.follow(Environment::Test),
        revisions.get(1).map(drop),
    ] {
        assert_eq!(refused, Err("there is no history: the configuration comes from no file".to_owned()));
    }
}

#[test]
fn releases_are_read_while_another_process_has_the_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config::History { directory: Some(folder.path().to_owned()), keep: 10 };
    let mut first = Revisions::open(&config);
    let text = format!("{}{}", functions(&["a"]), service("shop", "shop.test", "release", "a"));
    let Loaded { inputs, .. } = load(&text);
    let number = first.record(&inputs, 0, &Author::file(), Some("first"));
    assert_eq!(first.record(&inputs, number, &Author::file(), None), number, "it is the same");
    let revision = first.get(number).expect("a revision");
    first.pin(Environment::Release, &revision, &Author::file(), None).expect("pinned");
    let second = Revisions::open(&config);
    assert!(second.state().is_err_and(|reason| reason.contains("another process")));
    let pins = second.pins();
    let pin = pins.get(&Environment::Release).map(|pin| &**pin);
    assert!(matches!(pin, Some(Pin::Pinned { revision: 1, documents: Ok(_), .. })));
}

#[test]
fn a_history_is_taken_over_from_a_process_that_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config::History { directory: Some(folder.path().join("history")), keep: 10 };
    let first = Revisions::open(&config);
    let mut second = Revisions::open(&config);
    second.try_again();
    assert!(second.state().is_err_and(|reason| reason.contains("another process")));
    drop(first);
    second.try_again();
    let Loaded { inputs, .. } = load(&functions(&["a"]));
    assert_eq!(second.record(&inputs, 6, &Author::file(), None), 7);
    assert_eq!((second.state().is_ok(), second.list().len()), (true, 1));
    // Nor does it list what is not there.
    std::fs::remove_dir_all(folder.path()).expect("removed");
    assert!(second.list().is_empty());
}
