//! `fngate bind` and `unbind`.

use crate::kept::{Kept, SHOP};

/// A gateway with one more function, and an API that sets every key.
#[track_caller]
fn stand() -> Kept {
    let kept = Kept::start();
    let api = "[[service.api]]\nname = \"all\"\npath = \"/all/{id}\"\nfunction = \"orders\"\ntimeout = \"2s\"\nenabled = false\n\
               max_body_bytes = \"1KiB\"\nheaders = { \"X-Tier\" = \"gold\", Authorization = \"sesame\" } # custom\n";
    let function = "[[function]]\nname = \"others\"\ninstances = [\"builtin:echo\"]\n";
    std::fs::write(kept.folder.path().join("services/shop.toml"), format!("{SHOP}\n{api}\n{function}"))
        .expect("written");
    kept.says(&["reload"]);
    kept
}

#[test]
fn replace_changes_the_function_and_nothing_else() {
    let kept = stand();
    let before = kept.file("services/shop.toml");
    // However the parameter is named.
    let bind = ["bind", "GET", "/all/{number}", "--service", "shop", "--function", "others"];
    let refused = kept.refuses(&bind, 1);
    assert!(refused.contains("use --replace to bind it to another function"), "{refused}");
    kept.says(&[&bind[..], &["--replace"]].concat());
    let (head, tail) = before.rsplit_once("function = \"orders\"").expect("an API");
    assert_eq!(kept.file("services/shop.toml"), format!("{head}function = \"others\"{tail}"));
    kept.says(&[&bind[..], &["--replace", "--timeout", "3s"]].concat());
    assert!(kept.file("services/shop.toml").contains("timeout = \"3s\"\nenabled = false"));
    let refused = kept.refuses(&[&bind[..], &["--replace", "--name", "other"]].concat(), 1);
    assert!(refused.contains("the API is named `all`"), "{refused}");
    kept.says(&["unbind", "GET", "/all/{any}", "--service", "shop"]);
    assert!(!kept.file("services/shop.toml").contains("/all"));
}

#[test]
fn what_cannot_be_bound_is_refused_in_words() {
    let kept = stand();
    for (arguments, said) in [
        (&["GET", "/x", "--service", "nope", "--function", "orders"][..], "there is no service `nope`"),
        (&["GET", "/x", "--service", "shop", "--function", "nope"], "there is no function `default/nope:$LATEST`"),
        (&["get", "/x", "--service", "shop", "--function", "orders"], "write \"GET\""),
        (&["GET", "x", "--service", "shop", "--function", "orders"], "a path starts with `/`"),
        (&["GET", "/x", "--service", "shop", "--function", "orders", "--timeout", "soon"], "is not a duration"),
        (&["GET", "/x", "--service", "shop", "--function", "orders", "--name", "order"], "is there already"),
    ] {
        let before = kept.file("services/shop.toml");
        let refused = kept.refuses(&[&["bind"], arguments].concat(), 1);
        assert!(refused.contains(said), "{arguments:?}: {refused}");
        assert_eq!(kept.file("services/shop.toml"), before);
    }
    for command in ["triggers", "instances"] {
        let refused = kept.refuses(&[command, "nope"], 1);
        assert!(refused.contains("there is no function `default/nope"), "{command}: {refused}");
    }
    let refused = kept.refuses(&["unbind", "GET", "/nope", "--service", "shop"], 1);
    assert!(refused.contains("the service `shop` has no API GET /nope"), "{refused}");
}

#[test]
fn a_change_that_a_release_keeps_back_says_so() {
    let kept = stand();
    kept.says(&["release", "release"]);
    let said = kept.says(&["bind", "GET", "/later", "--service", "shop", "--function", "others"]);
    assert!(
        said.contains("the environment `release` stays at revision 2: release it to serve this change there"),
        "{said}"
    );
    kept.says(&["unbind", "GET", "/orders/{id}", "--service", "shop"]);
    assert_eq!((kept.status("/later"), kept.status("/orders/7")), (404, 200));
}

#[test]
fn a_token_is_only_made_for_a_name_that_the_configuration_takes() {
    let kept = Kept::start();
    for name in ["", "a\"b", "two words", "\u{fc}"] {
        let finished =
            crate::support::process::run(&mut crate::support::fngate(&["token", "new", name, "--role", "read"]));
        assert_eq!((finished.code(), finished.out.as_str()), (Some(64), ""), "{name}: {finished:?}");
    }
    drop(kept);
}
