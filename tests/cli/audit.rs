//! `fngate audit`.

use crate::kept::Kept;

#[test]
fn changes_are_listed_newest_first_and_can_be_filtered() {
    let kept = Kept::start();
    kept.bind("/one");
    kept.bind("/two");
    kept.says(&["release", "test", "--note", "for the testers"]);
    kept.says(&["rollback", "1"]);
    kept.says(&["unbind", "GET", "/orders/{id}", "--service", "shop", "--dry-run"]);
    // Without the line of heads.
    let lines = |arguments: &[&str]| -> Vec<Vec<String>> {
        let out = kept.says(&[&["audit"], arguments].concat());
        let words =
            |line: &str| line.split("  ").map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        out.lines().skip(1).map(words).collect()
    };
    for (arguments, actions) in [
        (&[][..], &["rollback", "release", "create", "create"][..]),
        (&["--action", "release"], &["release"]),
        (&["--author", "local"], &["rollback", "release", "create", "create"]),
        (&["--author", "nobody"], &[]),
        (&["--object", "two"], &["create"]),
    ] {
        let found: Vec<_> = lines(arguments).into_iter().map(|line| line[4].clone()).collect();
        assert_eq!(found, actions, "{arguments:?}");
    }
    let release = &lines(&["--action", "release"])[0];
    assert_eq!(release[1..], ["3", "local", "127.0.0.1", "release", "test", "for the testers"], "{release:?}");
    let json: serde_json::Value = serde_json::from_str(&kept.says(&["audit", "--json"])).expect("JSON");
    assert_eq!(json[2]["after"]["path"].as_str(), Some("/two"), "{json}");
}
