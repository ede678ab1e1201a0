//! Configurations that are broken in every way, one after the other, in the place of the one that serves.

use super::support::eventually;
use super::support::gateway::{Folder, Gateway, echo};

/// How the good text becomes a bad one: what is replaced, and with what.
const BREAKS: [(&str, &str); 32] = [
    ("[[function]]", "[[function]"),
    ("[[function]]", "[[funktion]]"),
    ("[[function]]", "[function]"),
    ("name = \"echo\"", "name = \"echo"),
    ("name = \"echo\"", "name = echo"),
    ("name = \"echo\"", "name = \"9echo\""),
    ("name = \"echo\"", "name = \"\""),
    ("name = \"echo\"", "name = \"echo\"\nname = \"other\""),
    ("name = \"echo\"", ""),
    ("name = \"echo\"", "name = \"echo\"\ntimeout = 5"),
    ("name = \"echo\"", "name = \"echo\"\ntimeout = \"5\""),
    ("name = \"echo\"", "name = \"echo\"\ntimeout = \"0s\""),
    ("name = \"echo\"", "name = \"echo\"\ntimeout = \"31m\""),
    ("name = \"echo\"", "name = \"echo\"\ntimout = \"5s\""),
    ("name = \"echo\"", "name = \"echo\"\nmax_concurrency = -1"),
    ("name = \"echo\"", "name = \"echo\"\nheaders = { \"X-Scf-Name\" = \"x\" }"),
    ("\"builtin:echo\"", "\"builtin:nothing\""),
    ("\"builtin:echo\"", "\"http://\""),
    ("\"builtin:echo\"", "\"http://127.0.0.1:99999\""),
    ("\"builtin:echo\"", ""),
    ("\"builtin:echo\"", "\"${FNGATE_NO_SUCH_VARIABLE}\""),
    ("hosts = [\"shop.test\"]", "hosts = [\"shop test\"]"),
    ("hosts = [\"shop.test\"]", "hosts = [\"shop.test\", \"shop.test\"]"),
    ("hosts = [\"shop.test\"]", "hosts = \"shop.test\""),
    ("path = \"/\"", "path = \"orders\""),
    ("path = \"/\"", "path = \"/{a}/{a}\""),
    ("path = \"/\"", "path = \"/{a+}/b\""),
    ("method = \"ANY\"", "method = \"A NY\""),
    ("function = \"echo\"", "function = \"nobody\""),
    ("headers = { \"X-Stage\"", "headers = { \"Connection\""),
    ("headers = {", "environments = [\"nowhere\"]\nheaders = {"),
    ("[[service]]", "include = [\"nowhere/*.toml\"]\n[[service]]"),
];

#[test]
fn the_old_configuration_serves_through_every_broken_one() {
    let folder = Folder::new(&echo("0"));
    let gateway = Gateway::start(&folder);
    let errors = || gateway.metric(r#"fngate_config_reloads_total{result="error"}"#);
    for (index, (good, bad)) in BREAKS.into_iter().enumerate() {
        let (text, before) = (echo("broken"), errors());
        assert!(text.contains(good), "{good}");
        folder.write(&text.replacen(good, bad, 1));
        eventually(&format!("an error for {bad}"), || (errors() == before + 1).then_some(()));
        assert_eq!(gateway.stage(), Some(index.to_string()), "{bad}");
        // A good one, every time, so that the next bad one is a change from something that works.
        folder.write(&echo(&(index + 1).to_string()));
        gateway.becomes(&(index + 1).to_string());
    }
    // Not even text, and nothing at all.
    for bytes in [&b"\xff\xfe\x00"[..], b"", b"\n# nothing\n"] {
        let before = errors();
        std::fs::write(folder.file(), bytes).expect("written");
        eventually("an error", || (errors() > before).then_some(()));
        assert_eq!(gateway.stage(), Some(BREAKS.len().to_string()));
    }
    std::fs::remove_file(folder.file()).expect("removed");
    assert_eq!(gateway.stage(), Some(BREAKS.len().to_string()));
    folder.write(&echo("last"));
    gateway.becomes("last");
}
