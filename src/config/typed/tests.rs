use super::*;

const MAIN: &str = r#"# The gateway.
include = ["more/*.toml"]
[admin]
address = "127.0.0.1:9901"
[[admin.token]]
name = "ci"
role = "write"
hash = "sha256:0123"
[[listener]]
address = "0.0.0.0:80"
[[function]]
name = "f"
instances = ["https://u:p@h:1"]
headers = { Authorization = 'Bearer x', "X-Plain" = "a" } # keep
[function.tls]
ca = "ca.pem"
[[service]]
name = "s"
hosts = ["a.test"]
[[service.api]]
path = "/"
function = "f"
headers = { "X-Api-Key" = """k""", Cookie = "${COOKIE}" }
"#;

fn secrets() -> Secrets {
    Secrets::of([(Path::new("main"), MAIN)])
}

fn put_back(text: &str) -> Result<String, String> {
    secrets().put_back(Path::new("main"), text).map_err(|report| report.to_string())
}

#[test]
fn a_masked_text_that_is_typed_again_is_the_same() {
    let masked = super::super::masked(MAIN);
    assert_eq!(masked.matches("***").count(), 4, "{masked}");
    assert_eq!(put_back(&masked).as_deref(), Ok(MAIN));
    assert_eq!(put_back(MAIN).as_deref(), Ok(MAIN), "what is written out stays");
}

#[test]
fn secrets_follow_their_object() {
    let masked = super::super::masked(MAIN);
    let at = |text: &str| masked.find(text).unwrap_or_else(|| panic!("no {text}"));
    // The other way round, in other quotes and letter cases, with another object in front.
    let (head, function, service) =
        (&masked[..at("[[function]]")], &masked[at("[[function]]")..at("[[service]]")], &masked[at("[[service]]")..]);
    let other = "[[function]]\nname = \"other\"\ninstances = [\"builtin:echo\"]\n";
    let moved =
        format!("{head}{service}{other}{}", function.replace("Authorization = '***'", "AUTHORIZATION = \"***\""));
    let whole = put_back(&moved).expect("all are found");
    assert!(whole.contains("AUTHORIZATION = 'Bearer x'") && whole.contains("\"X-Api-Key\" = \"\"\"k\"\"\""), "{whole}");
    assert!(whole.contains("https://u:p@h:1") && whole.contains("sha256:0123") && !whole.contains("***"), "{whole}");
    // To another file.
    let alone = secrets().put_back(Path::new("more"), function).expect("found");
    assert!(alone.contains("Bearer x"), "{alone}");
}

#[test]
fn a_mask_without_its_secret_is_refused_with_its_place() {
    let masked = super::super::masked(MAIN);
    for (from, to, place) in [
        ("name = \"f\"", "name = \"g\"", "main:13"),
        ("\"X-Plain\" = \"a\"", "\"X-Other-Key\" = \"***\"", "main:14"),
        ("https://***@h:1", "https://***@elsewhere:1", "main:13"),
        ("path = \"/\"", "path = \"/other\"", "main:23"),
        ("Authorization = '***'", "Authorization = 'Bearer ***'", "main:14"),
    ] {
        let text = masked.replacen(from, to, 1);
        assert_ne!(text, masked, "{from}");
        let error = put_back(&text).expect_err(to);
        assert!(error.contains(place) && error.contains("keeps a stored secret"), "{to}: {error}");
    }
    for (from, to) in [("\"X-Plain\" = \"a\"", "\"X-Plain\" = \"***\""), ("# The gateway.", "# ***")] {
        assert!(put_back(&masked.replacen(from, to, 1)).expect("no secret").contains("***"), "{to}");
    }
    assert_eq!(put_back("= = ***").as_deref(), Ok("= = ***"), "it is not TOML");
}

fn check(after: &str) -> Result<(), String> {
    let more = "[[function]]\nname = \"g\"\ninstances = [\"builtin:echo\"]\n";
    let file = |path, before, after| Retyped { path: Path::new(path), before, after };
    check_fixed(&[file("main", MAIN, after), file("more", more, more)]).map_err(|report| report.to_string())
}

#[test]
fn objects_comments_and_formatting_may_change() {
    for (from, to) in [
        ("# The gateway.\n", "# Another comment.\n\n\n"),
        ("address = \"127.0.0.1:9901\"", "address  =  '127.0.0.1:9901' # here"),
        ("[admin]\naddress = \"127.0.0.1:9901\"", "admin.address = \"127.0.0.1:9901\""),
        ("hosts = [\"a.test\"]", "hosts = [\"b.test\"]"),
        ("[[service.api]]\npath = \"/\"", "[[service.api]]\npath = \"/x\"\ntimeout = \"1s\""),
        ("[function.tls]\nca = \"ca.pem\"\n", "tls = { ca = 'ca.pem' }\n"),
        (
            "[[service]]\nname = \"s\"",
            "[[function]]\nname = \"h\"\ninstances = [\"builtin:echo\"]\n[[service]]\nname = \"s\"",
        ),
    ] {
        let text = MAIN.replacen(from, to, 1);
        assert_ne!(text, MAIN, "{from}");
        assert_eq!(check(&text), Ok(()), "{to}");
    }
    let without = &MAIN[..MAIN.find("[[function]]").expect("a function")];
    assert_eq!(check(without), Ok(()), "what is removed needs no TLS");
}

#[test]
fn everything_else_stays_and_the_refusal_says_where() {
    for (from, to, place, said) in [
        ("127.0.0.1:9901", "0.0.0.0:9901", "main:4:1", "`admin.address` cannot be changed"),
        ("role = \"write\"\n", "role = \"read\"\n", "main:7:1", "`admin.token.role` cannot be changed"),
        ("sha256:0123", "sha256:4567", "main:8:1", "`admin.token.hash` cannot be changed"),
        ("[[listener]]", "[[admin.token]]\nname = \"mine\"\n[[listener]]", "main:", "`admin.token` cannot be changed"),
        ("[[listener]]\naddress = \"0.0.0.0:80\"\n", "", "main", "`listener` cannot be removed"),
        ("address = \"0.0.0.0:80\"\n", "", "main:9", "`listener.address` cannot be removed"),
        ("[[listener]]", "[log]\naccess = \"/etc/passwd\"\n[[listener]]", "main:9:2", "`log` cannot be added"),
        ("include = [\"more/*.toml\"]", "include = [\"/etc/*.toml\"]", "main:2", "`include` cannot be changed"),
        ("ca = \"ca.pem\"", "ca = \"/etc/shadow\"", "main:15", "`function.tls` cannot be changed"),
        ("[function.tls]\nca = \"ca.pem\"\n", "", "main:11", "`function.tls` cannot be changed"),
        ("name = \"f\"", "name = \"new\"", "main:15", "`function.tls` cannot be changed"),
        ("[[service]]\n", "\"c\\u0061\" = 1\n[[service]]\n", "main:17", "duplicate key"),
        ("[[service]]\n", "key = \"k.pem\"\n[[service]]\n", "main:15", "`function.tls` cannot be changed"),
        ("[[service]]\n", "[[service]\n", "main:17", "error"),
    ] {
        let text = MAIN.replacen(from, to, 1);
        assert_ne!(text, MAIN, "{from}");
        let error = check(&text).expect_err(to);
        assert!(error.contains(place) && error.contains(said), "{to}: {error}");
        assert!(!error.contains("sha256"), "{error}");
    }
}

/// A text of 1 KB that nests a thousand levels, which would be more than a stack holds.
fn deep() -> String {
    let key = vec!["a"; 40].join(".");
    format!("{MAIN}[log]\nextra.{key} = {}{key} = 1{}\n", format!("{{ {key} = ").repeat(20), " }".repeat(20))
}

#[test]
fn what_is_nested_too_deep_is_refused_with_its_place() {
    let text = deep();
    let line = text.lines().count();
    for error in [
        check(&text).expect_err("too deep"),
        check_tls([MAIN], [(Path::new("main"), text.as_str())]).expect_err("too deep").to_string(),
    ] {
        assert!(error.contains("nested more than 32 levels") && error.contains(&format!("main:{line}:")), "{error}");
    }
    assert_eq!(put_back(&text).as_deref(), Ok(text.as_str()), "as it is");
    assert!(!super::super::masked(&text).contains("Bearer"), "no line is shown");
    assert!(crate::config::edit::object::objects([(Path::new("main"), text.as_str())]).is_err());
    let loaded = crate::config::load_from(&crate::config::Memory::new([("main", text.as_str())]), Path::new("main"));
    assert!(loaded.expect_err("too deep").to_string().contains("nested more than 32 levels"));
}

/// `serde` takes such a key for a mark of its own.
#[test]
fn no_name_of_a_header_hides_tls() {
    let header = "headers = { \"$__toml_private_datetime\" = \"x\", Authorization";
    let marked = MAIN.replacen("headers = { Authorization", header, 1);
    assert_ne!(marked, MAIN);
    assert_eq!(check(&marked), Ok(()), "a header like others");
    for (from, to) in [("ca = \"ca.pem\"", "ca = \"/etc/shadow\""), ("[function.tls]\nca = \"ca.pem\"\n", "")] {
        let text = marked.replacen(from, to, 1);
        assert_ne!(text, marked, "{from}");
        for before in [MAIN, marked.as_str()] {
            let file = Retyped { path: Path::new("main"), before, after: &text };
            let error = check_fixed(&[file]).expect_err(to).to_string();
            assert!(error.contains("`function.tls` cannot be changed"), "{error}");
            let error = check_tls([before], [(Path::new("main"), text.as_str())]).expect_err(to).to_string();
            assert!(error.contains("`function.tls` cannot be changed"), "{error}");
        }
    }
}

#[test]
fn tls_that_is_not_known_is_refused() {
    let function = "[[function]]\nname = \"f\"\ninstances = [\"https://h:1\"]\n";
    let check = |before: &str, after: &str| check_tls([before], [(Path::new("main"), after)]).is_ok();
    assert!(check("", function));
    assert!(!check("= =", function), "of a text with errors nothing is known");
    assert!(!check("", &format!("{function}= =\n")), "nor of such a new one");
    assert!(!check("", &format!("{function}[function.tls]\nhttp2 = 0x1\n")));
    let with = |value: &str| format!("{function}[function.tls]\nvalue = {value}\n");
    for (before, after, is_same) in [
        ("16", "0x10", true),
        ("'a'", "\"\\u0061\"", true),
        ("[1, { a = 1.5, b = true }]", "[0o1, { b = true, a = 1.5 }]", true),
        ("1", "2", false),
        ("1", "1.0", false),
        ("[1]", "[1, 1]", false),
        ("{ a = 1 }", "{ b = 1 }", false),
        ("1979-05-27", "1979-05-28", false),
    ] {
        assert_eq!(check(&with(before), &with(after)), is_same, "{before} {after}");
    }
}

/// Each line of it is an error.
#[test]
fn errors_have_an_end() {
    let text = format!("{MAIN}{}", "=\n".repeat(50_000));
    let file = Retyped { path: Path::new("main"), before: MAIN, after: &text };
    let report = check_fixed(&[file]).expect_err("no TOML");
    assert_eq!((report.errors().len(), report.more_errors()), (100, 0));
    assert!(report.to_string().contains("more errors of syntax"), "{report}");
    assert!(report.to_string().len() < 50_000);
    let unknown: String = (0..1000).map(|number| format!("a{number} = 1\n")).collect();
    let memory = crate::config::Memory::new([("main", unknown)]);
    let failure = crate::config::load_from(&memory, Path::new("main")).expect_err("unknown keys");
    assert_eq!(failure.report.errors().len(), 100);
    assert!(failure.report.to_string().contains("more than are shown"), "{}", failure.report);
}
