//! `fngate apply -c DIR` and `fngate diff -c FILE`.

use std::fs;

use crate::kept::{Kept, SHOP, main_file};
use crate::support::gateway::Folder;
use crate::support::process::run;

/// A copy of the configuration in a directory of its own, as a repository has it.
#[track_caller]
fn copy(shop: &str) -> Folder {
    let folder = Folder::new(&main_file());
    fs::create_dir(folder.path().join("services")).expect("a folder");
    fs::write(folder.path().join("services/shop.toml"), shop).expect("written");
    folder
}

#[track_caller]
fn path(folder: &Folder) -> String {
    folder.path().to_str().expect("text").to_owned()
}

const MORE: &str = "\n[[service.api]]\npath = \"/more\"\nfunction = \"orders\"\n";

#[test]
fn the_exit_code_says_whether_something_would_change() {
    let kept = Kept::start();
    let renamed = SHOP.replace("# The shop.", "# A shop.");
    for (shop, code, shown) in [
        (SHOP.to_owned(), 0, &[][..]),
        (renamed, 0, &[]),
        (format!("{SHOP}{MORE}"), 1, &["+path = \"/more\"", "services/shop.toml"]),
        (SHOP.replace("/orders/{id}", "/o/{id}"), 1, &["-path = \"/orders/{id}\" # one order", "+path = \"/o/{id}\""]),
    ] {
        let copy = copy(&shop);
        for what in [copy.argument(), path(&copy)] {
            let finished = kept.run(&["diff", "-c", &what]);
            assert_eq!((finished.code(), finished.err.as_str()), (Some(code), ""), "{shop}");
            assert_eq!(finished.out.is_empty(), code == 0, "{}", finished.out);
            shown.iter().for_each(|part| assert!(finished.out.contains(part), "{part} in {}", finished.out));
        }
    }
    assert_eq!(kept.file("services/shop.toml"), SHOP, "nothing has changed");
    assert_eq!(kept.says(&["history"]).lines().count(), 1);
}

#[test]
fn a_directory_is_applied_as_a_whole() {
    let kept = Kept::start();
    let wanted = format!("{}{MORE}", SHOP.replace("one order", "an order"));
    let copy = copy(&wanted);
    let preview = kept.says(&["apply", "-c", &path(&copy), "--dry-run"]);
    assert!(preview.contains("nothing was changed\n") && preview.contains("+path = \"/more\""), "{preview}");
    assert_eq!(kept.status("/more"), 404);
    let done = kept.says(&["apply", "-c", &path(&copy), "--note", "release 7"]);
    assert!(done.contains(": revision 2\n") && done.contains("+path = \"/more\""), "{done}");
    assert_eq!((kept.status("/more"), kept.status("/orders/7")), (200, 200));
    let file = kept.file("services/shop.toml");
    assert!(file.contains("# one order"), "what says the same stays as it is: {file}");
    assert!(kept.says(&["history"]).lines().next().expect("a line").ends_with("release 7"));
    assert_eq!(kept.says(&["apply", "-c", &path(&copy)]), "unchanged: revision 2\n");
    // What the files do not have is removed.
    fs::write(copy.path().join("services/shop.toml"), SHOP).expect("written");
    kept.says(&["apply", "-c", &copy.argument()]);
    assert_eq!((kept.status("/more"), kept.status("/orders/7")), (404, 200));
}

#[test]
fn a_new_service_is_served_wherever_its_file_was() {
    let kept = Kept::start();
    let copy = copy(SHOP);
    let text =
        "[[service]]\nname = \"blog\"\nhosts = [\"blog.test\"]\n[[service.api]]\npath = \"/\"\nfunction = \"orders\"\n";
    fs::write(copy.path().join("services/blog.toml"), text).expect("written");
    let done = kept.says(&["apply", "-c", &path(&copy)]);
    assert!(done.contains("+name = \"blog\""), "{done}");
    let reply = crate::support::client::call(kept.gateway.address, "GET /", "blog.test").expect("an answer");
    assert_eq!(reply.status, 200);
    assert_eq!(kept.run(&["diff", "-c", &path(&copy)]).code(), Some(0));
}

#[test]
fn a_directory_is_its_files_and_what_the_main_one_includes() {
    let kept = Kept::start();
    let copy = copy(SHOP);
    let service = |name: &str| {
        format!(
            "[[service]]\nname = \"{name}\"\nhosts = [\"{name}.test\"]\n[[service.api]]\npath = \"/\"\nfunction = \"orders\"\n"
        )
    };
    fs::create_dir(copy.path().join("deep")).expect("a folder");
    for (file, name) in [("beside.toml", "beside"), ("deep/below.toml", "below"), ("note.txt", "note")] {
        fs::write(copy.path().join(file), service(name)).expect("written");
    }
    let done = kept.says(&["apply", "-c", &path(&copy)]);
    assert!(done.contains("+name = \"beside\"") && !done.contains("below") && !done.contains("note"), "{done}");
    let done = kept.says(&["apply", "-c", &copy.argument()]);
    assert!(done.contains("-name = \"beside\""), "a file is what it includes: {done}");
}

#[test]
fn nothing_of_a_bad_directory_is_applied() {
    let kept = Kept::start();
    let unknown = SHOP.replace("function = \"orders\"", "function = \"nobody\"");
    for (shop, code, said) in [
        (format!("{unknown}{MORE}"), 1, "nobody"),
        ("nonsense = = 1".to_owned(), 1, "TOML syntax"),
        // Each of these would take an API away if it were just overlooked.
        (SHOP.replace("path =", "pathh ="), 1, "pathh"),
        (SHOP.replace("[[service.api]]", "[[service.apis]]"), 1, "`apis`"),
        (SHOP.replace("service", "services"), 1, "`services`"),
        (format!("{SHOP}\n[[service]]\nname = \"shop\"\nhosts = [\"b.test\"]\n"), 1, "shop"),
    ] {
        let copy = copy(&shop);
        let err = kept.refuses(&["apply", "-c", &path(&copy)], code);
        assert!(err.contains(said), "{said} in {err}");
        let err = kept.refuses(&["diff", "-c", &path(&copy)], 78);
        assert!(err.contains(said), "{said} in {err}");
    }
    let good = copy(SHOP);
    let mut stranger = kept.command(&["diff", "-c", &path(&good)]);
    let finished = run(stranger.env("FNGATE_TOKEN", "fng_wrong"));
    assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""), "neither 0 nor 1: {finished:?}");
    let empty = tempfile::tempdir().expect("a folder");
    let none = empty.path().to_str().expect("text");
    assert!(kept.refuses(&["apply", "-c", none], 64).contains("has no *.toml files"));
    let missing = format!("{none}/fngate.toml");
    assert!(kept.refuses(&["apply", "-c", &missing], 78).contains("cannot"));
    assert!(kept.refuses(&["apply"], 64).contains("--config <DIR>"));
    let half = Folder::new(&main_file().replace("services/*.toml", "gone.toml"));
    assert!(kept.refuses(&["apply", "-c", &half.argument()], 78).contains("gone.toml"));
    assert_eq!((kept.file("services/shop.toml").as_str(), kept.status("/orders/7")), (SHOP, 200));
}

/// It names files that the gateway reads, and who applies may not choose these.
#[test]
fn the_tls_of_functions_is_not_applied() {
    let kept = Kept::start();
    for tls in ["http2 = false", "ca = \"/etc/shadow\""] {
        let secure = SHOP.replace(
            "[[service]]",
            &format!("[[function]]\nname = \"pay\"\ninstances = [\"https://127.0.0.1:9\"]\n[function.tls]\n{tls}\n\n[[service]]"),
        );
        let copy = copy(&secure);
        let refused = kept.run(&["apply", "-c", &path(&copy)]);
        assert_eq!(refused.code(), Some(1), "{}", refused.err);
        assert!(refused.err.contains("`function.tls` cannot be changed through the admin API"), "{}", refused.err);
    }
    assert_eq!(kept.file("services/shop.toml"), SHOP);
}
