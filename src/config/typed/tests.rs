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
        assert!(error.contains(place) && error.contains("stands for a secret"), "{to}: {error}");
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
