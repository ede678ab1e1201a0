//! Changes of a configuration in memory.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::config::editable::{Editable, MemoryFiles};
use crate::config::{Inputs, Memory, Source as _};
use crate::control::change::{Condition, Tags};
use crate::control::reload::{Origin, Parts};
use crate::snapshot::Shared;

const MAIN: &str = "main.toml";
const FILE: &str = "include = [\"services/*.toml\"]\n[[listener]]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"\"\n[history]\ndirectory = \"\"\n";
const SHOP: &str = "# The shop.\n[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n\n[[service]]\nname = \"shop\"\nhosts = [\"a.test\"]\n\n[[service.api]]\nname = \"one\"\npath = \"/one\"\nfunction = \"f\"\n";

struct Stand {
    files: Arc<MemoryFiles>,
    reloader: Reloader,
}

impl Stand {
    fn new() -> Self {
        let files = Arc::new(MemoryFiles::new(Memory::new([(MAIN, FILE), ("services/shop.toml", SHOP)])));
        let loaded = config::load_from(&*files, Path::new(MAIN)).unwrap_or_else(|failure| panic!("{failure}"));
        let metrics = Metrics::new();
        let snapshot = Snapshot::compile(loaded.config, None, &metrics).expect("a table");
        let parts = Parts { files: files.clone(), ..Parts::without_files(Arc::new(Shared::new(snapshot)), metrics) };
        let origin = Origin { path: MAIN.into(), inputs: loaded.inputs, report: loaded.report };
        Self { files, reloader: Reloader::new(Some(origin), parts) }
    }

    fn shop(&self) -> String {
        String::from_utf8(self.files.read(Path::new("services/shop.toml")).expect("a file")).expect("text")
    }

    fn write_by_hand(&self, text: &str) {
        let path = Path::new("services/shop.toml");
        let (expected, content) = (self.files.read(path).ok(), Some(text.as_bytes().to_vec()));
        self.files.write(&[Write { path: path.to_owned(), expected, content }]).expect("written");
    }

    fn put(&mut self, name: &str, keys: Value, condition: Condition, mode: Mode) -> Answer {
        let target = Target::Api { service: "shop".to_owned(), name: name.to_owned() };
        let Value::Object(keys) = keys else { panic!("an object") };
        let author = Author { name: "test".to_owned(), from: String::new() };
        let change = Change::Put { target, keys, condition };
        Amendment { reloader: &mut self.reloader }.change(Request { author, note: None, change, mode })
    }
}

#[test]
fn a_change_is_in_its_file_and_in_use_or_nowhere() {
    let mut stand = Stand::new();
    let two = || json!({"path": "/two", "function": "f"});
    let tried = stand.put("two", two(), Condition::default(), Mode::DryRun).expect("possible");
    assert_eq!((tried.outcome.result, tried.object.expect("shown")["path"].clone()), (Effect::Created, json!("/two")));
    assert_eq!(stand.shop(), SHOP);
    let made = stand.put("two", two(), Condition::default(), Mode::Make).expect("made");
    assert_eq!((made.outcome.result, made.outcome.revision), (Effect::Created, 2));
    assert_eq!(stand.shop(), format!("{SHOP}\n[[service.api]]\nname = \"two\"\npath = \"/two\"\nfunction = \"f\"\n"));
    let again = stand.put("two", two(), Condition::default(), Mode::Make).expect("the same");
    assert_eq!((again.outcome.result, again.outcome.revision), (Effect::Unchanged, 2));
    for (name, keys, is, status) in [
        ("two", json!({"path": "/three", "function": "f"}), None, 428),
        ("two", json!({"path": "/three", "function": "f"}), Some("\"old\""), 412),
        ("three", json!({"path": "/one", "function": "f"}), None, 409),
        ("three", json!({"path": "three", "function": "f"}), None, 422),
        ("three", json!({"path": "/three", "function": "missing"}), None, 422),
        ("three", json!({"path": "/three", "function": "f", "timeuot": "1s"}), None, 422),
    ] {
        let before = stand.shop();
        let is = is.map(|tag: &str| Tags::OneOf(vec![tag.to_owned()]));
        let refused = stand.put(name, keys.clone(), Condition { is, is_new: false }, Mode::Make).expect_err("refused");
        assert_eq!(refused.status, status, "{keys}: {refused:?}");
        assert_eq!((stand.shop(), stand.reloader.parts().shared.load().revision), (before, 2));
    }
}

#[test]
fn what_was_written_by_hand_comes_first() {
    let mut stand = Stand::new();
    stand.write_by_hand(&SHOP.replace("# The shop.", "# By hand."));
    let made =
        stand.put("two", json!({"path": "/two", "function": "f"}), Condition::default(), Mode::Make).expect("made");
    assert_eq!(made.outcome.revision, 3, "the change by hand is a revision of its own");
    assert!(stand.shop().starts_with("# By hand.") && stand.shop().contains("/two"));
    stand.write_by_hand("nonsense");
    for _ in 0..2 {
        let refused = stand.put("three", json!({"path": "/three", "function": "f"}), Condition::default(), Mode::Make);
        let refused = refused.expect_err("the files are broken");
        assert_eq!((refused.status, &*refused.reason, refused.errors.len()), (409, "files_refused", 1));
    }
    assert_eq!(stand.shop(), "nonsense");
}

#[test]
fn a_gateway_without_files_changes_nothing() {
    let mut stand = Stand::new();
    let shared = stand.reloader.parts().shared.clone();
    stand.reloader = Reloader::new(None, Parts::without_files(shared, Metrics::new()));
    let refused = stand.put("two", json!({"path": "/two", "function": "f"}), Condition::default(), Mode::Make);
    assert_eq!(refused.expect_err("no files").status, 409);
    assert!(Inputs::default().documents().next().is_none());
}
