//! Every rule, broken: the report is kept in `snapshots/`, one file for each group.

use std::fmt::Write;

use super::{BASE, api, keep, parse};

/// The reports of documents, each named after the rule that it breaks.
fn reports(cases: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (rule, document) in cases {
        let report = parse(document).expect_err(rule);
        writeln!(text, "==== {rule}\n\n{report}\n").expect("writing to a string");
    }
    text
}

/// [`reports`] of documents that [`BASE`] makes complete.
fn fragments(cases: &[(&str, &str)]) -> String {
    let whole: Vec<_> = cases.iter().map(|(rule, text)| (*rule, format!("{text}\n{BASE}"))).collect();
    let whole: Vec<_> = whole.iter().map(|(rule, text)| (*rule, text.as_str())).collect();
    reports(&whole)
}

/// [`fragments`] with one API each.
fn apis(cases: &[(&str, &str)]) -> String {
    let whole: Vec<_> = cases.iter().map(|(rule, keys)| (*rule, api(keys))).collect();
    let whole: Vec<_> = whole.iter().map(|(rule, text)| (*rule, text.as_str())).collect();
    fragments(&whole)
}

#[test]
fn syntax() {
    keep(
        "syntax",
        &fragments(&[
            ("a string is quoted", "[gateway]\nheader_read_timeout = 10s\ndrain_timeout = 30"),
            ("a value is there", "[gateway]\nworkers =\n"),
            ("a boolean is true or false", "[gateway]\nvia = yes\nworkers = 01"),
            ("a key is set once", "[gateway]\nworkers = 1\nvia = false\nworkers = 2"),
            ("a table is defined once", "[gateway]\nworkers = 1\n\n[log]\n\n[gateway] # again\nvia = true"),
            ("a bracket is closed", "[gateway\nworkers = 1"),
            ("a list is closed", "include = [\"a.toml\"\n[gateway]\nworkers = 1"),
            ("an inline table is closed", "[gateway]\nvia = 1s\n\n[[function]]\nheaders = { \"X-A\" = \"1\"\n"),
            ("a string is closed", "[gateway]\nregion = \"eu\nappid = \"1\""),
            ("a key has an equals sign", "[gateway]\nworkers: 4"),
            ("an escape is known", "[gateway]\nregion = \"a\\qb\""),
        ]),
    );
}

#[test]
fn keys() {
    keep(
        "keys",
        &fragments(&[
            ("a key is known", "[[function]]\nname = \"slow\"\ninstances = [\"builtin:echo\"]\ntiemout = \"15s\""),
            ("a key of another table", "[gateway]\ntimeout = \"15s\""),
            ("a key of nothing", "[log]\ncolour = true"),
            ("a table is known", "[[functions]]\nname = \"a\"\n\n[server]\nport = 80"),
            ("many tables have two brackets", "[service]\nname = \"shop\""),
            ("one table has one bracket", "[[gateway]]\nworkers = 1"),
            ("a table is not a value", "gateway = 1\nfunction = [\"a\"]"),
            ("a list after its parts", "[[service.api]]\npath = \"/\"\n\n[[service]]\nname = \"shop\""),
            ("parts of nothing", "[[service.api]]\npath = \"/\""),
            ("one and many", "[function]\nname = \"a\""),
            (
                "a key like one and of another table",
                "[[service]]\nname = \"shop\"\nhosts = [\"a\"]\nhost = \"a.example\"",
            ),
            ("nothing to include", "include = [\"services/*.toml\"]"),
            ("keys with strange characters", "[log]\n\"a\\nb\" = 1\n\"\" = 2"),
        ]),
    );
}

#[test]
fn values() {
    keep(
        "values",
        &fragments(&[
            ("a duration has a unit", "[gateway]\ndrain_timeout = \"30\""),
            ("a duration is a string", "[gateway]\ndrain_timeout = 30"),
            ("a duration has a known unit", "[gateway]\ndrain_timeout = \"30 sec\""),
            (
                "a duration is short enough",
                "[gateway]\nkeepalive_timeout = \"9000h\"\ndrain_timeout = \"99999999999999999999h\"",
            ),
            ("a duration is long enough", "[gateway]\nkeepalive_timeout = \"0s\""),
            ("a size has a unit", "[gateway]\nmax_header_bytes = \"65536\""),
            ("a size is a string", "[gateway]\nmax_header_bytes = 65536"),
            ("a size has a known unit", "[gateway]\nmax_header_bytes = \"64kb\""),
            ("a size is in its range", "[gateway]\nmax_header_bytes = \"4KiB\"\nmax_uri_bytes = \"64KiB\""),
            ("a number is a number", "[gateway]\nworkers = \"4\"\nmax_headers = 1.5"),
            (
                "a number is in its range",
                "[gateway]\nworkers = -1\nmax_headers = 0\nmax_connections = 99999999999999999999999",
            ),
            ("a boolean is a boolean", "[gateway]\nvia = \"true\""),
            ("a list is a list", "[gateway]\ntrusted_proxies = \"10.0.0.0/8\""),
            ("a list of strings", "[gateway]\ntrusted_proxies = [\"10.0.0.0/8\", 7, []]"),
            ("a variable is set", "[gateway]\nregion = \"${REGION}-${DOMAIN}-${ZONE}\""),
            ("a variable has a name", "[gateway]\nregion = \"${}\"\nappid = \"${APP\""),
            ("a variable holds a good value", "[gateway]\ndrain_timeout = \"1${WAIT}x\""),
            ("a variable is in quotes", "[gateway]\nworkers = ${WORKERS}\nvia = ${VIA}"),
            ("a variable holds a number or a boolean", "[gateway]\nworkers = \"${WAIT}x\"\nvia = \"${WAIT}\""),
            (
                "a number from a variable is in its range",
                "[gateway]\nworkers = \"-${WAIT}\"\nmax_headers = \"${UNSET}\"",
            ),
        ]),
    );
}

#[test]
fn gateway() {
    keep(
        "gateway",
        &fragments(&[
            ("trusted proxies are networks", "[gateway]\ntrusted_proxies = [\"10.0.0.0/33\", \"proxy.example.com\"]"),
            (
                "networks are written in one way",
                "[gateway]\ntrusted_proxies = [\"010.0.0.0/8\", \"10.0.0.1/8\", \"::ffff:10.0.0.0/8\"]",
            ),
            ("names of the admin listener", "[admin]\nhosts = [\"a.example:9901\", \"*.example\"]"),
            ("what happens to reserved fields", "[gateway]\nreserved = \"stripp\""),
            ("a reserved prefix", "[gateway]\nreserved_prefix = \"X-\""),
            ("identity values", "[gateway]\nregion = \"eu central\"\nappid = 1250000000"),
            ("the log level", "[log]\nlevel = \"warning\""),
            ("the log format", "[log]\nformat = \"xml\""),
            ("where the access log goes", "[log]\naccess = \"stdot\""),
            ("the admin address", "[admin]\naddress = \"localhost:9901\""),
        ]),
    );
}

#[test]
fn listeners() {
    let one = "[[listener]]\naddress = ";
    let cases = [
        ("an IP address", "\":8081\""),
        ("not only a port", "\"8081\""),
        ("not a name", "\"gateway.example.com:80\""),
        ("not only an IP address", "\"::1\""),
        ("no scheme", "\"http://0.0.0.0:80\""),
        ("a port that exists", "\"0.0.0.0:80800\""),
        ("an absolute path", "\"unix:fngate.sock\""),
        ("a prefix for paths", "\"/run/fngate.sock\""),
        ("the name of a socket", "\"systemd:\""),
        ("an address of its own", "\"0.0.0.0:8080\""),
        ("not the admin address", "\"127.0.0.1:9901\"\n\n[admin]\naddress = \"127.0.0.1:9901\""),
        ("not the default admin address", "\"127.0.0.1:9901\""),
        ("no abstract name", "\"unix:@fngate\""),
        ("somebody to trust", "\"0.0.0.0:80\"\nproxy_protocol = true"),
        ("a backlog", "\"0.0.0.0:80\"\nbacklog = 0"),
        ("rights of a file only", "\"0.0.0.0:80\"\nmode = \"0660\"\nowner = \"0\"\ngroup = \"0\""),
        ("a mode", "\"unix:/run/fngate.sock\"\nmode = \"rw-rw----\""),
        ("a mode in octal", "\"unix:/run/fngate.sock\"\nmode = \"0888\""),
        ("a mode without further bits", "\"unix:/run/fngate.sock\"\nmode = \"4755\""),
        ("a mode is a string", "\"unix:/run/fngate.sock\"\nmode = 660"),
        ("a user", "\"unix:/run/fngate.sock\"\nowner = \"nobody-of-this-name\""),
        ("a group", "\"unix:/run/fngate.sock\"\ngroup = \"-1\""),
    ];
    let whole: Vec<_> = cases.iter().map(|(rule, value)| (*rule, format!("{one}{value}"))).collect();
    let whole: Vec<_> = whole.iter().map(|(rule, text)| (*rule, text.as_str())).collect();
    let mut text = fragments(&whole);
    text.push_str(&reports(&[
        ("a listener is there", "[gateway]\nworkers = 1"),
        ("a listener has an address", "[[listener]]"),
        ("an empty file", ""),
    ]));
    keep("listeners", &text);
}

#[test]
fn functions() {
    let name = "[[function]]\nname = \"orders\"\n";
    let cases = [
        ("a name", "[[function]]\ninstances = [\"builtin:echo\"]"),
        ("a good name", "[[function]]\nname = \"1st\"\nnamespace = \"my shop\"\ninstances = [\"builtin:echo\"]"),
        ("a version", "version = \"$latest\"\ninstances = [\"builtin:echo\"]"),
        ("a version is a string", "version = 3\ninstances = [\"builtin:echo\"]"),
        ("instances", ""),
        ("an instance", "instances = []"),
        ("different instances", "instances = [\"http://localhost\", \"http://LOCALHOST:80\"]"),
        ("a list of instances", "instances = \"http://127.0.0.1:9000\""),
        ("a scheme", "instances = [\"127.0.0.1:9000\", \"/run/orders.sock\", \"ftp://a\"]"),
        ("a known scheme", "instances = [\"ftp://10.0.0.1\", \"h2://10.0.0.1\"]"),
        ("no path behind any scheme", "instances = [\"https://10.0.0.1/a\", \"h2c://[::1]/\"]"),
        ("a name that can be in a certificate", "instances = [\"https://a-.example\"]"),
        ("an instance for its settings", "instances = [\"h2c://10.0.0.1\"]\n[function.tls]\nhttp2 = false"),
        ("the name of a server", "instances = [\"https://a\"]\n[function.tls]\nserver_name = \"a b\"\nhttp2 = 1"),
        ("a PROXY header", "instances = [\"http://a\"]\nproxy_protocol = \"v3\""),
        ("a PROXY header for somebody", "instances = [\"builtin:echo\"]\nproxy_protocol = \"v1\""),
        ("no path", "instances = [\"http://127.0.0.1:9000/orders\"]"),
        ("no password", "instances = [\"http://me:secret@127.0.0.1\"]"),
        ("a port", "instances = [\"http://127.0.0.1:90000\"]"),
        ("a host", "instances = [\"http://::1:9000\", \"http://my host\", \"http://[::g]\"]"),
        ("an absolute path", "instances = [\"unix:run/orders.sock\"]"),
        ("a builtin function", "instances = [\"builtin:ecko\"]"),
        ("a timeout in its range", "instances = [\"builtin:echo\"]\ntimeout = \"31m\"\nconnect_timeout = \"0ms\""),
        ("a number of MB", "instances = [\"builtin:echo\"]\nmemory = \"128MB\""),
        (
            "another function",
            "instances = [\"builtin:echo\"]\n\n[[function]]\nname = \"orders\"\ninstances = [\"builtin:echo\"]",
        ),
    ];
    let with_name = |text: &str| if text.starts_with('[') { text.to_owned() } else { format!("{name}{text}") };
    let whole: Vec<_> = cases.iter().map(|(rule, text)| (*rule, with_name(text))).collect();
    let whole: Vec<_> = whole.iter().map(|(rule, text)| (*rule, text.as_str())).collect();
    keep("functions", &fragments(&whole));
}

#[test]
fn headers() {
    let whole: Vec<_> = [
        ("no reserved name", "\"X-Scf-Name\" = \"a\", x_scf_any = \"b\""),
        ("no owned name", "\"X-Forwarded-For\" = \"a\", \"Forwarded\" = \"b\""),
        ("no hop-by-hop name", "\"Keep-Alive\" = \"a\", Connection = \"close\", Upgrade = \"h2c\""),
        (
            "no framing",
            "\"Content-Length\" = \"1\", content_length = \"2\", Host = \"a\", \"Transfer-Encoding\" = \"chunked\"",
        ),
        ("no path of an application", "SCRIPT_NAME = \"/a\", \"Path-Info\" = \"/a\", \"script.name\" = \"/a\""),
        ("no announcement", "Trailer = \"a\", Expect = \"100-continue\""),
        ("a token", "\"X Stage\" = \"prod\", \"\" = \"a\""),
        ("one spelling", "\"X-Stage\" = \"a\", \"x_stage\" = \"b\""),
        ("visible characters", "a = \"caf\u{e9}\", b = \"1\\r\\nX-Evil: 1\", c = \" x\""),
        ("one string", "a = [\"b\"], c = 1"),
    ]
    .into_iter()
    .map(|(rule, fields)| (rule, api(&format!("path = \"/\"\nfunction = \"echo\"\nheaders = {{ {fields} }}"))))
    .collect();
    let whole: Vec<_> = whole.iter().map(|(rule, text)| (*rule, text.as_str())).collect();
    let mut text = fragments(&whole);
    text.push_str(&apis(&[("a table", "path = \"/\"\nfunction = \"echo\"\nheaders = [\"X-Stage: prod\"]")]));
    let function = "[gateway]\nreserved_prefix = \"X-Fc-\"\n\n[[function]]\nname = \"a\"\ninstances = [\"builtin:echo\"]\n\n\
                    [function.headers]\nX-Scf-Name = \"fine\"\nX_FC_Name = \"not fine\"";
    text.push_str(&fragments(&[("no name with the configured prefix", function)]));
    keep("headers", &text);
}

#[test]
fn removed_fields() {
    let refused = "\"X-Scf-Name\", \"X_Real_Ip\", \"Forwarded\", \"Connection\", \"Proxy\", \"Host\", \"content_length\", \
                   \"Trailer\", \"Expect\", \"SCRIPT_NAME\", \"Path-Info\"";
    let cases = [
        ("a list", "[gateway]\nremove = \"X-Original-URL\""),
        ("a token", "[gateway]\nremove = [\"X Original\", \"\"]"),
        ("one spelling", "[gateway]\nremove = [\"X-Original-URL\", \"x_original.url\"]"),
        ("no name of the gateway's own", &format!("[gateway]\nremove = [{refused}]")),
        ("the configured prefix", "[gateway]\nreserved_prefix = \"X-Fc-\"\nremove = [\"X_Fc_Name\", \"X-Scf-Name\"]"),
    ];
    keep("removed_fields", &fragments(&cases));
}

#[test]
fn services() {
    let service = "[[service]]\nname = \"shop\"\n";
    let cases = [
        ("a name", "[[service]]\nhosts = [\"*\"]"),
        ("a good name", "[[service]]\nname = \"the \\\"shop\\\"\"\nhosts = [\"*\"]"),
        ("a name of its own", "hosts = [\"a\"]\n\n[[service]]\nname = \"shop\"\nhosts = [\"b\"]"),
        ("hosts", ""),
        ("a host", "hosts = []"),
        ("no port", "hosts = [\"shop.example.com:8080\"]"),
        ("no scheme", "hosts = [\"https://shop.example.com/\"]"),
        ("no path", "hosts = [\"shop.example.com/test\"]"),
        ("punycode", "hosts = [\"b\u{fc}cher.example\"]"),
        ("a wildcard in front", "hosts = [\"shop.*.com\", \"*shop.example.com\"]"),
        ("a host name", "hosts = [\"shop..com\", \"\"]"),
        ("a domain has a host", "[[service.domain]]\nbase_path = \"/test\""),
        ("a base path", "[[service.domain]]\nhost = \"*\"\nbase_path = \"test\"\nenvironment = \"tests\""),
        (
            "a domain of its own",
            "hosts = [\"a.example\"]\n\n[[service.domain]]\nhost = \"A.example.\"\nenvironment = \"test\"",
        ),
        (
            "a domain of no other service",
            "hosts = [\"*\"]\n\n[[service]]\nname = \"other\"\n[[service.domain]]\nhost = \"*\"\nbase_path = \"/\"",
        ),
    ];
    let with_name =
        |text: &str| if text.starts_with("[[service]]") { text.to_owned() } else { format!("{service}{text}") };
    let whole: Vec<_> = cases.iter().map(|(rule, text)| (*rule, with_name(text))).collect();
    let whole: Vec<_> = whole.iter().map(|(rule, text)| (*rule, text.as_str())).collect();
    keep("services", &fragments(&whole));
}

#[test]
fn rules() {
    keep(
        "rules",
        &apis(&[
            ("a path and a function", ""),
            ("a path starts with a slash", "path = \"orders\"\nfunction = \"echo\""),
            ("a prefix does not end in a slash", "path = \"/orders/\"\nfunction = \"echo\""),
            ("a parameter is a segment", "path = \"/orders/x{id}\"\nfunction = \"echo\""),
            ("a path has its characters", "path = \"/orders?id=1\"\nfunction = \"echo\""),
            ("a name", "name = \"\"\npath = \"/\"\nfunction = \"echo\""),
            ("a method is upper case", "path = \"/\"\nmethod = \"get\"\nfunction = \"echo\""),
            ("a method is not CONNECT", "path = \"/\"\nmethod = \"CONNECT\"\nfunction = \"echo\""),
            ("every method is ANY", "path = \"/\"\nmethod = \"*\"\nfunction = \"echo\""),
            ("a method is a token", "path = \"/\"\nmethod = \"GET POST\"\nfunction = \"echo\""),
            ("an environment exists", "path = \"/\"\nfunction = \"echo\"\nenvironments = [\"prod\", \"relase\"]"),
            ("an environment at least", "path = \"/\"\nfunction = \"echo\"\nenvironments = []"),
            ("an environment once", "path = \"/\"\nfunction = \"echo\"\nenvironments = [\"test\", \"test\"]"),
            ("a timeout in its range", "path = \"/\"\nfunction = \"echo\"\ntimeout = \"1h\""),
            ("a size", "path = \"/\"\nfunction = \"echo\"\nmax_body_bytes = \"6 MiB\""),
        ]),
    );
}

#[test]
fn references() {
    keep(
        "references",
        &apis(&[
            ("a function exists", "path = \"/\"\nfunction = \"ehco\""),
            ("a function like no other", "path = \"/\"\nfunction = \"warehouse\""),
            ("a function in its namespace", "path = \"/\"\nfunction = \"shop/echo\""),
            ("a version exists", "path = \"/\"\nfunction = \"default/echo:3\""),
            ("a reference is well formed", "path = \"/\"\nfunction = \"a/b/c\""),
            (
                "a chosen version exists",
                "path = \"/\"\nfunction = \"echo\"\nenvironments = [\"release\", \"test\"]\nversions = { test = \"3\", release = \"$LATEST\" }",
            ),
            (
                "a version is chosen once",
                "path = \"/\"\nfunction = \"default/echo:$LATEST\"\nversions = { release = \"$LATEST\" }",
            ),
            (
                "a version for a published environment",
                "path = \"/\"\nfunction = \"echo\"\nversions = { test = \"$LATEST\" }",
            ),
            (
                "a version for an environment",
                "path = \"/\"\nfunction = \"echo\"\nversions = { live = \"$LATEST\", release = 3 }",
            ),
            ("versions in a table", "path = \"/\"\nfunction = \"echo\"\nversions = \"3\""),
        ]),
    );
}

#[test]
fn identities() {
    let again = "path = \"/u/{id}\"\nfunction = \"echo\"\n\n[[service.api]]\n";
    let cases = [
        ("another name of a parameter", "path = \"/u/{name}\"\nfunction = \"echo\""),
        ("another spelling of a path", "path = \"/%75/{id}\"\nfunction = \"echo\""),
        ("another environment", "path = \"/u/{id}\"\nfunction = \"echo\"\nenvironments = [\"test\"]"),
        ("another timeout", "path = \"/u/{id}\"\nfunction = \"echo\"\nmethod = \"GET\"\ntimeout = \"1s\""),
    ];
    let whole: Vec<_> = cases.iter().map(|(rule, keys)| (*rule, api(&format!("{again}{keys}")))).collect();
    let whole: Vec<_> = whole.iter().map(|(rule, text)| (*rule, text.as_str())).collect();
    keep("identities", &fragments(&whole));
}

#[test]
fn all_errors_are_reported_at_once() {
    keep(
        "all_errors_are_reported_at_once",
        &reports(&[(
            "many",
            r#"
[gateway]
workers = 5000
drain_timeout = 30s
trusted_proxy = ["10.0.0.0/8"]
region = "${REGION}"

[[listener]]
address = ":8080"

[log]
level = "verbose"

[[function]]
name = "orders"
instances = ["127.0.0.1:9000"]
timeout = "2h"
headers = { "X-Scf-Stage" = "prod" }

[[function]]
name = "orders"
instances = []

[[service]]
name = "shop"
hosts = ["shop.example.com:443"]

[[service.api]]
path = "/orders/{id}"
function = "order"

[[service.api]]
path = "/orders/{number}"
method = "post"
function = "orders"

[[service.api]]
path = "/orders/{number}"
function = "orders"
"#,
        )]),
    );
}

#[test]
fn no_hint_shows_what_the_excerpt_covers() {
    for line in [
        "headers = { Authorization = LEAK1 }",
        "headers = { Authorization = 778899 }",
        "headers = { \"X-Api-Key\" = LEAK2, \"X-A\" = \"a\" }",
    ] {
        let text = format!("{BASE}[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n{line}\n");
        let report = super::super::parse("fngate.toml".as_ref(), &text).expect_err("it is wrong").to_string();
        assert!(!report.contains("LEAK") && !report.contains("778899"), "{report}");
    }
}
