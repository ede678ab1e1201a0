//! Files before, what is wanted, and files after.

use std::collections::BTreeMap;

use super::*;
use crate::config::{Loaded, Memory, load_from};
use crate::snapshot::Snapshot;
use crate::telemetry::metrics::Metrics;

const MAIN: &str = "/etc/fngate/fngate.toml";
const SHOP: &str = "/etc/fngate/services/shop.toml";
const EDITS: &str = "/state/conf.d/shop.toml";

const MAIN_TEXT: &str = r#"include = ["services/*.toml"]
[[listener]]
address = "127.0.0.1:1"
[admin]
edit_dir = "/state/conf.d"
"#;

const SHOP_TEXT: &str = r#"# What runs.
[[function]]
name = "orders" # here
instances = ["builtin:echo"]

[[service]]
name = "shop"
hosts = ["shop.test"]

# One order.
[[service.api]]
name = "order"
path = "/orders/{id}"
function = "orders"

# All of them.
[[service.api]]
path = "=/orders"
function = "orders"
"#;

/// Adds to the shop.
const EDITS_TEXT: &str = r#"[[service]]
name = "shop"

[[service.api]]
path = "/carts"
function = "orders"
"#;

type Texts<'a> = &'a [(&'a str, &'a str)];

fn load(files: Texts<'_>) -> Loaded {
    let memory = Memory::new(files.iter().copied());
    load_from(&memory, MAIN.as_ref()).unwrap_or_else(|failure| panic!("{failure}\n{files:?}"))
}

fn restored(current: Texts<'_>, wanted: Texts<'_>, is_writable: &dyn Fn(&Path) -> bool) -> Result<Edit, Problem> {
    let Loaded { config, inputs, .. } = load(current);
    let snapshot = Snapshot::compile(config, None, &Metrics::new()).expect("a table");
    let wanted = wanted.iter().map(|(path, text)| Wanted { path: path.into(), text: (*text).to_owned() });
    restore(&Files { snapshot: &snapshot, inputs: &inputs, is_writable }, &wanted.collect::<Vec<_>>())
}

/// The files that change. What all files say then has to be what is wanted, and has to load.
#[track_caller]
fn after(current: Texts<'_>, wanted: Texts<'_>) -> BTreeMap<String, String> {
    let edit = restored(current, wanted, &|_| true).unwrap_or_else(|problem| panic!("{problem:?}"));
    let changed: BTreeMap<String, String> =
        edit.edited.into_iter().map(|edited| (edited.path.to_string_lossy().into_owned(), edited.after)).collect();
    assert_eq!(edit.effect == Effect::Unchanged, changed.is_empty());
    let mut all: BTreeMap<&str, &str> = current.iter().copied().collect();
    all.extend(changed.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let all: Vec<_> = all.into_iter().collect();
    load(&all);
    let found = objects(all.iter().map(|(path, text)| (Path::new(path), *text))).expect("TOML");
    let asked = objects(wanted.iter().map(|(path, text)| (Path::new(path), *text))).expect("TOML");
    assert_eq!(found.keys().collect::<Vec<_>>(), asked.keys().collect::<Vec<_>>(), "{changed:?}");
    assert!(found.iter().all(|(name, object)| object.is_same(&asked[name])), "{changed:?}");
    changed
}

fn one(path: &str, text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(path.to_owned(), text.to_owned())])
}

#[test]
fn what_says_the_same_stays_as_it_is() {
    let current = [(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT), (EDITS, EDITS_TEXT)];
    let reordered = "[[service]]\nhosts = ['shop.test']\nname = \"shop\"\napi = [{ function = \"orders\", path = \"=/orders\" }, \
                     { name = \"order\", path = \"/orders/{id}\", function = \"orders\" }]\n[[function]]\ninstances = [ \"builtin:echo\" ]\nname = 'orders'\n";
    for wanted in [
        &[(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT), (EDITS, EDITS_TEXT)][..],
        // However it is written, and wherever it stands.
        &[(SHOP, reordered), (EDITS, EDITS_TEXT)],
        // The rest of the gateway is not looked at.
        &[
            (MAIN, "[[listener]]\naddress = \"127.0.0.1:2\"\n[log]\nlevel = \"debug\"\n"),
            (SHOP, SHOP_TEXT),
            (EDITS, EDITS_TEXT),
        ],
    ] {
        assert_eq!(after(&current, wanted), BTreeMap::new(), "{wanted:?}");
    }
}

#[test]
fn only_what_differs_is_written() {
    let current = [(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT)];
    let replaced = |from: &str, to: &str| {
        assert!(SHOP_TEXT.contains(from), "{from}");
        SHOP_TEXT.replacen(from, to, 1)
    };
    let all = "\n# All of them.\n[[service.api]]\npath = \"=/orders\"\nfunction = \"orders\"\n";
    let new = "\n[[service.api]]\npath = \"/z\"\nfunction = \"orders\"\n\n[[service.api]]\npath = \"/a\"\nfunction = \"orders\"\n";
    for (wanted, expected) in [
        // A key: its comment is not about the value.
        (
            replaced("\"orders\" # here\n", "\"orders\"\ntimeout = \"3s\"\n"),
            replaced("[\"builtin:echo\"]\n", "[\"builtin:echo\"]\ntimeout = \"3s\"\n"),
        ),
        (
            replaced("[\"shop.test\"]", "[\"shop.test\", \"b.test\"]"),
            replaced("[\"shop.test\"]", "[\"shop.test\", \"b.test\"]"),
        ),
        // The name stays, and with it the object.
        (replaced("/orders/{id}", "/o/{id}"), replaced("/orders/{id}", "/o/{id}")),
        // An API goes with its comment.
        (replaced(all, ""), replaced(all, "")),
        // New ones come in the order that they had.
        (format!("{SHOP_TEXT}{new}"), format!("{SHOP_TEXT}{new}")),
    ] {
        assert_eq!(after(&current, &[(MAIN, MAIN_TEXT), (SHOP, &wanted)]), one(SHOP, &expected), "{wanted}");
    }
}

#[test]
fn a_service_of_two_files_comes_and_goes_as_a_whole() {
    let alone = [(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT)];
    let extended = [(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT), (EDITS, EDITS_TEXT)];
    // What was in the directory of edits comes back beside the service.
    let cart = "\n[[service.api]]\npath = \"/carts\"\nfunction = \"orders\"\n";
    assert_eq!(after(&alone, &extended), one(SHOP, &format!("{SHOP_TEXT}{cart}")));
    assert_eq!(after(&extended, &alone), one(EDITS, ""));
    let other = EDITS_TEXT.replace("/carts", "/bills");
    assert_eq!(after(&extended, &[(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT), (EDITS, &other)])[EDITS], "");
    let function = SHOP_TEXT.split("\n[[service]]").next().expect("the function");
    let gone = after(&extended, &[(MAIN, MAIN_TEXT), (SHOP, function)]);
    assert_eq!(gone.get(EDITS).map(String::as_str), Some(""), "{gone:?}");
    assert_eq!(gone.get(SHOP).map(String::as_str), Some(function), "{gone:?}");
}

#[test]
fn new_objects_go_where_they_were_or_to_the_directory_of_edits() {
    let current = [(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT)];
    let blog = "[[service]]\nname = \"blog\"\nhosts = [\"blog.test\"]\n\n[[service.api]]\npath = \"/\"\nfunction = \"orders\"\n";
    let unknown = "/etc/fngate/services/blog.toml";
    let changed = after(&current, &[(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT), (unknown, blog)]);
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["/state/conf.d/blog.toml"]);
    let known = format!("{MAIN_TEXT}\n{blog}");
    let changed = after(&current, &[(MAIN, &known), (SHOP, SHOP_TEXT)]);
    assert_eq!(changed, one(MAIN, &known));
}

#[test]
fn a_file_that_cannot_be_written_refuses_all_of_it() {
    let current = [(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT)];
    let is_state = |path: &Path| path.starts_with("/state");
    let more = format!("{SHOP_TEXT}\n[[service.api]]\npath = \"/carts\"\nfunction = \"orders\"\n");
    let edit = restored(&current, &[(MAIN, MAIN_TEXT), (SHOP, &more)], &is_state).expect("beside it");
    let [edited] = edit.edited.as_slice() else { panic!("{edit:?}") };
    assert_eq!((edited.path.as_path(), edited.after.trim_start()), (Path::new(EDITS), EDITS_TEXT));
    for wanted in [SHOP_TEXT.replace("\"order\"", "\"ordered\""), more.replace("shop.test", "b.test")] {
        let problem = restored(&current, &[(MAIN, MAIN_TEXT), (SHOP, &wanted)], &is_state).expect_err("refused");
        assert_eq!((problem.status, &*problem.reason), (409, "read_only"), "{problem:?}");
        assert!(problem.detail.contains(SHOP), "{problem:?}");
    }
}

/// Each of these would otherwise remove what its author wanted to have.
#[test]
fn files_with_errors_remove_nothing() {
    let current = [(MAIN, MAIN_TEXT), (SHOP, SHOP_TEXT)];
    for (from, to, said) in [
        ("[[service]]", "[[services]]", "services"),
        ("path = \"=/orders\"", "paht = \"=/orders\"", "paht"),
        ("[[service.api]]", "[[service.apis]]", "apis"),
        ("name = \"shop\"", "", "name"),
        ("function = \"orders\"\n\n", "function = \"order\"\n\n", "default/order"),
        ("[[function]]", "[function]", "function"),
        ("hosts = [", "hosts = ", "TOML"),
        ("=/orders", "/orders/{number}", "/orders/{number}"),
    ] {
        let wanted = SHOP_TEXT.replace(from, to);
        assert_ne!(wanted, SHOP_TEXT, "{from}");
        let problem = restored(&current, &[(MAIN, MAIN_TEXT), (SHOP, &wanted)], &|_| true).expect_err(to);
        assert_eq!(problem.status, 422, "{to}: {problem:?}");
        let is_said = problem.errors.iter().any(|error| error.message.contains(said));
        assert!(is_said, "{to}: {problem:?}");
        assert!(problem.errors.iter().all(|error| error.file.as_deref() == Some(SHOP)), "{to}: {problem:?}");
    }
}
