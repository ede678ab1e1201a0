//! Edits as texts before and after.

use serde_json::json;

use super::*;

const FILE: &str = r#"# Orders team.

include = []

# What runs.
[[function]]
name = "orders" # here
instances = [
    "http://127.0.0.1:1", # first
    "http://127.0.0.1:2",
]
timeout = "15s" # long

# Kept apart.

# About the shop.
[[service]]
name = "${SHOP}"
hosts = ["a.test"]

# The one.
[[service.api]]
path = "/one"   # exact?
method = "GET"
function = "orders"
headers = { "X-A" = "a", "X-B" = "b" }

[[service.api]]
name = "two"
path = "/two"
function = "orders"

[[service]]
name = "inline"
hosts = ["b.test"]
api = [{ path = "/three", function = "orders" }]
"#;

#[test]
fn an_inline_service_gets_its_first_api_and_domain() {
    const INLINE: &str = "service = [ { name = \"il\", hosts = [\"il.test\"] } ]\n";
    let column = INLINE.find("\"il\"").expect("a name") + 1;
    let place = Place { file: Path::new("f.toml").into(), line: 1, column };
    let mut editor = Editor::default();
    editor.open(Path::new("f.toml"), Some(INLINE.to_owned())).expect("TOML");
    let api = [assignment(&["path"], json!("/n")), assignment(&["function"], json!("f"))];
    editor.add(Path::new("f.toml"), Home::ApisOf { service: "il", place: Some(&place) }, &api).expect("added");
    let domains = [assignment(&["domain"], json!([{"host": "t.test", "environment": "test"}]))];
    editor.change(Existing::Service(&place), &domains).expect("changed");
    let text = editor.finish().0.pop().expect("edited").after;
    let read: toml::Table = text.parse().expect("TOML");
    let service = &read["service"][0];
    assert_eq!(
        (service["api"][0]["path"].as_str(), service["domain"][0]["host"].as_str()),
        (Some("/n"), Some("t.test")),
        "{text}"
    );
}

fn place(marker: &str) -> Place {
    let at = FILE.find(marker).expect(marker);
    let line = FILE[..at].matches('\n').count() + 1;
    let column = at - FILE[..at].rfind('\n').map_or(0, |at| at + 1) + 1;
    Place { file: Path::new("f.toml").into(), line, column }
}

fn assignment(key: &[&str], value: serde_json::Value) -> Assignment {
    Assignment {
        key: key.iter().map(|part| (*part).to_owned()).collect(),
        value: Some(value).filter(|value| !value.is_null()),
    }
}

fn edited(edit: impl FnOnce(&mut Editor)) -> String {
    let mut editor = Editor::default();
    editor.open(Path::new("f.toml"), Some(FILE.to_owned())).expect("TOML");
    edit(&mut editor);
    editor.finish().0.pop().map_or_else(|| FILE.to_owned(), |edited| edited.after)
}

#[test]
fn a_changed_key_changes_nothing_else() {
    for (object, key, value, before, after) in [
        (
            Existing::Function(&place("\"orders\" #")),
            &["timeout"][..],
            json!("3s"),
            "timeout = \"15s\" # long",
            "timeout = \"3s\" # long",
        ),
        (Existing::Function(&place("\"orders\" #")), &["timeout"], json!(null), "timeout = \"15s\" # long\n", ""),
        (
            Existing::Function(&place("\"orders\" #")),
            &["instances"],
            json!(["http://127.0.0.1:1"]),
            "    \"http://127.0.0.1:1\", # first\n    \"http://127.0.0.1:2\",\n",
            "    \"http://127.0.0.1:1\", # first\n",
        ),
        (
            Existing::Api(&place("\"/one\"")),
            &["path"],
            json!("=/one"),
            "path = \"/one\"   # exact?",
            "path = \"=/one\"   # exact?",
        ),
        (Existing::Api(&place("\"/one\"")), &["headers", "X-A"], json!("c"), "\"X-A\" = \"a\"", "\"X-A\" = \"c\""),
        (Existing::Api(&place("\"/one\"")), &["headers", "X-A"], json!(null), "\"X-A\" = \"a\", ", ""),
        (
            Existing::Api(&place("\"/two\"")),
            &["enabled"],
            json!(false),
            "path = \"/two\"\nfunction = \"orders\"\n",
            "path = \"/two\"\nfunction = \"orders\"\nenabled = false\n",
        ),
        (
            Existing::Api(&place("\"/three\"")),
            &["method"],
            json!("ANY"),
            "function = \"orders\" }]",
            "function = \"orders\" , method = \"ANY\" }]",
        ),
        (
            Existing::Service(&place("\"${SHOP}\"")),
            &["hosts"],
            json!(["a.test", "c.test"]),
            "[\"a.test\"]",
            "[\"a.test\", \"c.test\"]",
        ),
    ] {
        let text = edited(|editor| editor.change(object, &[assignment(key, value.clone())]).expect("changed"));
        let expected = FILE.replacen(before, after, 1);
        let squeezed = |text: &str| text.replace(" ,", ",");
        assert_eq!(squeezed(&text), squeezed(&expected), "{key:?} = {value}");
        assert!(text.parse::<DocumentMut>().is_ok());
    }
}

#[test]
fn what_is_removed_takes_its_own_comment_along() {
    for (object, gone, stays) in [
        (Existing::Api(&place("\"/one\"")), &["# The one.", "/one"][..], &["# About the shop.", "name = \"two\""][..]),
        (Existing::Api(&place("\"/three\"")), &["/three"], &["name = \"inline\"", "/two"]),
        (
            Existing::Service(&place("\"${SHOP}\"")),
            &["# About the shop.", "SHOP", "/two"],
            &["# Kept apart.", "inline", "# long"],
        ),
        (Existing::Function(&place("\"orders\" #")), &["# What runs.", "instances"], &["# Orders team.", "SHOP"]),
    ] {
        let text = edited(|editor| editor.remove(object).expect("removed"));
        gone.iter().for_each(|part| assert!(!text.contains(part), "{part}: {text}"));
        stays.iter().for_each(|part| assert!(text.contains(part), "{part}: {text}"));
        assert!(text.parse::<DocumentMut>().is_ok());
    }
}

#[test]
fn what_is_added_stands_behind_its_kind() {
    let api = [
        assignment(&["path"], json!("/new")),
        assignment(&["headers", "X-A"], json!("a")),
        assignment(&["function"], json!("orders")),
    ];
    let added = "\n[[service.api]]\npath = \"/new\"\nheaders = { X-A = \"a\" }\nfunction = \"orders\"\n";
    let (shop, inline) = (place("\"${SHOP}\""), place("\"inline\""));
    for (home, before, after) in [
        (
            Home::ApisOf { service: "shop", place: Some(&shop) },
            "path = \"/two\"\nfunction = \"orders\"\n",
            format!("path = \"/two\"\nfunction = \"orders\"\n{added}"),
        ),
        (
            Home::ApisOf { service: "inline", place: Some(&inline) },
            "function = \"orders\" }]",
            "function = \"orders\" }, { path = \"/new\", headers = { X-A = \"a\" }, function = \"orders\" }]"
                .to_owned(),
        ),
        (
            Home::ApisOf { service: "other", place: None },
            "function = \"orders\" }]\n",
            format!("function = \"orders\" }}]\n\n[[service]]\nname = \"other\"\n{added}"),
        ),
    ] {
        let text = edited(|editor| editor.add(Path::new("f.toml"), home, &api).expect("added"));
        assert_eq!(text, FILE.replacen(before, &after, 1), "{home:?}");
    }
}

#[test]
fn several_objects_are_removed_at_once() {
    let text = edited(|editor| {
        editor.remove(Existing::Api(&place("\"/one\""))).expect("removed");
        editor.remove(Existing::Api(&place("\"/two\""))).expect("removed");
        editor.remove(Existing::Service(&place("\"inline\""))).expect("removed");
    });
    assert!(
        !text.contains("/one") && !text.contains("/two") && !text.contains("inline") && text.contains("SHOP"),
        "{text}"
    );
}

#[test]
fn a_new_file_begins_with_its_object() {
    let mut editor = Editor::default();
    editor.open(Path::new("new.toml"), None).expect("opened");
    let name = [assignment(&["name"], json!("orders"))];
    editor.add(Path::new("new.toml"), Home::Functions, &name).expect("added");
    let (edited, _) = editor.finish();
    assert_eq!(edited[0].before, None);
    assert_eq!(edited[0].after.trim_start(), "[[function]]\nname = \"orders\"\n");
}

#[test]
fn a_diagnostic_is_led_to_its_key() {
    let mut editor = Editor::default();
    editor.open(Path::new("f.toml"), Some(FILE.to_owned())).expect("TOML");
    let assignments = [assignment(&["path"], json!("one")), assignment(&["headers", "X-B"], json!("d"))];
    editor.change(Existing::Api(&place("\"/one\"")), &assignments).expect("changed");
    let (edited, pointers) = editor.finish();
    let at = |marker: &str| {
        let text = &edited[0].after;
        let at = text.find(marker).expect(marker);
        let line = text[..at].matches('\n').count() + 1;
        let column = at - text[..at].rfind('\n').map_or(0, |at| at + 1) + 1;
        pointers.find(&Place { file: Path::new("f.toml").into(), line, column }, &edited)
    };
    for (marker, pointer) in [
        ("\"one\"", Some("/path")),
        ("\"d\"", Some("/headers/X-B")),
        ("\"X-B\"", Some("/headers/X-B")),
        ("method", Some("/method")),
        ("\"/two\"", None),
        ("include", None),
    ] {
        assert_eq!(at(marker).as_deref(), pointer, "{marker}");
    }
}

#[test]
fn a_file_that_says_something_else_is_not_changed() {
    let mut editor = Editor::default();
    editor.open(Path::new("f.toml"), Some(FILE.to_owned())).expect("TOML");
    let mut moved = place("\"/one\"");
    moved.line += 1;
    assert!(matches!(editor.remove(Existing::Api(&moved)), Err(EditError::Moved(_))));
    let elsewhere = Place { file: Path::new("g.toml").into(), line: 1, column: 1 };
    assert!(matches!(editor.remove(Existing::Api(&elsewhere)), Err(EditError::UnknownFile { .. })));
    assert!(matches!(Editor::default().open(Path::new("x"), Some("a = ".to_owned())), Err(EditError::Syntax { .. })));
}

#[test]
fn lines_that_are_not_edited_stay_byte_for_byte() {
    for before in [
        "\u{feff}# windows\r\n# unix\n[[function]]\r\nname = \"f\"\r\ninstances = [\"builtin:echo\"]\r\ntimeout = \"1s\"\r\n# end",
        "# unix\r\n[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\ntimeout = \"1s\"",
    ] {
        let at = before.find("\"f\"").expect("a name");
        let start = before[..at].rfind('\n').expect("a line") + 1;
        let line = before[..at].matches('\n').count() + 1;
        let place = Place { file: Path::new("f.toml").into(), line, column: at - start + 1 };
        let mut editor = Editor::default();
        editor.open(Path::new("f.toml"), Some(before.to_owned())).expect("TOML");
        editor.change(Existing::Function(&place), &[assignment(&["timeout"], json!("2s"))]).expect("changed");
        let after = editor.finish().0.pop().expect("edited").after;
        let (expected, after) = (before.replace("\"1s\"", "\"2s\""), after);
        assert_eq!(after.trim_end(), expected, "{before:?}");
    }
}

#[test]
fn comments_in_lists_stay_with_their_elements() {
    const LISTS: &str = "service = [ { name = \"a\", hosts = [\"a.test\"] }, # first\n  { name = \"b\", hosts = [\"b.test\"] } ] # second\n\
                         [[function]]\nname = \"f\"\ninstances = [\n  \"builtin:echo\", # inst\n]\n";
    let place = |marker: &str| {
        let at = LISTS.find(marker).expect(marker);
        let start = LISTS[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = LISTS[..at].matches('\n').count() + 1;
        Place { file: Path::new("f.toml").into(), line, column: at - start + 1 }
    };
    let edit = |text: &str, change: &dyn Fn(&mut Editor)| {
        let mut editor = Editor::default();
        editor.open(Path::new("f.toml"), Some(text.to_owned())).expect("TOML");
        change(&mut editor);
        editor.finish().0.pop().expect("edited").after
    };
    let without = edit(LISTS, &|editor| editor.remove(Existing::Service(&place("\"b\""))).expect("removed"));
    assert!(without.contains("# first") && !without.contains("b.test"), "{without}");
    let instances = |list: serde_json::Value| [assignment(&["instances"], list)];
    let more = edit(LISTS, &|editor| {
        let list = instances(json!(["builtin:echo", "http://127.0.0.1:1"]));
        editor.change(Existing::Function(&place("\"f\"")), &list).expect("changed");
    });
    assert!(more.contains("  \"builtin:echo\", # inst\n  \"http://127.0.0.1:1\",\n]"), "{more}");
    let back = edit(&more, &|editor| {
        editor.change(Existing::Function(&place("\"f\"")), &instances(json!(["builtin:echo"]))).expect("changed");
    });
    assert_eq!(back, LISTS);
}
