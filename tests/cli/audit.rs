//! `fngate audit`.

use rustix::process::Signal;

use crate::kept::Kept;
use crate::support::eventually;

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

#[test]
fn the_file_is_opened_anew_on_usr1() {
    let kept = Kept::start();
    kept.bind("/one");
    let (file, moved) = (kept.folder.path().join("state/audit.log"), kept.folder.path().join("state/audit.log.1"));
    std::fs::rename(&file, &moved).expect("moved");
    kept.gateway.process.signal(Signal::USR1);
    eventually("the logs are reopened", || kept.gateway.process.err().contains("logs reopened").then_some(()));
    kept.bind("/two");
    let objects = |path: &std::path::Path| -> Vec<String> {
        let text = std::fs::read_to_string(path).expect("a file");
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        lines.map(|line| line["object"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(objects(&moved), ["/v1/services/shop/apis/GET%20%2Fone"]);
    assert_eq!(objects(&file), ["/v1/services/shop/apis/GET%20%2Ftwo"]);
}
