//! What is read: defaults, every key, variables, and which repetitions are harmless.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::super::ConnectionSettings;
use super::super::{
    AccessLog, Admin, AdminAddress, Environment, HostPattern, InstanceAddress, ListenAddress, LogFormat, MethodRule,
    ReservedPolicy, SocketRights,
};
use super::super::{parse as parse_text, parse_with, schema_keys};
use super::{BASE, api, good, parse};

#[test]
fn defaults() {
    let config = good(&api("path = \"/orders\"\nfunction = \"echo\""));
    let gateway = &config.gateway;
    let seconds = Duration::from_secs;
    assert_eq!((gateway.workers, gateway.max_connections, gateway.max_body_bytes), (None, None, None));
    assert_eq!((gateway.header_read_timeout, gateway.keepalive_timeout), (seconds(10), seconds(75)));
    assert_eq!((gateway.client_body_idle, gateway.drain_timeout), (seconds(30), seconds(30)));
    assert_eq!((gateway.max_header_bytes, gateway.max_headers, gateway.max_uri_bytes), (65536, 100, 8192));
    assert_eq!((gateway.reserved, gateway.reserved_prefix.as_str()), (ReservedPolicy::Strip, "X-Scf-"));
    assert!(gateway.trusted_proxies.networks.is_empty() && !gateway.via && gateway.remove.is_empty());
    assert!(gateway.region.is_empty() && gateway.appid.is_empty() && gateway.uin.is_empty());
    let address = Some(AdminAddress::Tcp(([127, 0, 0, 1], 9901).into()));
    let (hosts, tokens) = (Vec::new(), Vec::new());
    let admin = Admin { address, hosts, tls: None, tokens, edit_dir: None, audit: None, console: true };
    assert_eq!(config.admin, admin);
    assert_eq!((config.log.level, config.log.format), (tracing::Level::INFO, LogFormat::Json));
    assert_eq!(config.log.access, AccessLog::Stdout);
    let listener = &config.listeners[0];
    assert_eq!((listener.proxy_protocol, listener.backlog, listener.rights), (false, 4096, SocketRights::default()));

    let function = &config.functions[0];
    assert_eq!(function.id.to_string(), "default/echo:$LATEST");
    assert_eq!(function.instances, [InstanceAddress::Echo]);
    assert_eq!((function.timeout.value, function.timeout.place.clone()), (seconds(15), None));
    assert_eq!((function.connect_timeout, function.start_wait), (seconds(5), seconds(1)));
    assert_eq!((function.stream_idle, function.stream_max), (seconds(60), None));
    assert_eq!((function.websocket_idle, function.queue_timeout), (seconds(600), seconds(1)));
    assert_eq!((function.max_concurrency, function.queue, function.memory), (None, 0, 0));
    assert_eq!((function.proxy_protocol, function.connection), (None, ConnectionSettings::default()));

    let api = &config.services[0].apis[0];
    assert_eq!((api.name.as_str(), &api.method), ("GET /orders", &MethodRule::One(http::Method::GET)));
    assert_eq!(api.bindings.iter().map(|binding| binding.environment).collect::<Vec<_>>(), [Environment::Release]);
    assert!(api.enabled && !api.raw_path && api.timeout.is_none() && api.max_body_bytes.is_none());
}

#[test]
fn settings_of_connections_are_read() {
    let read = |key: &str, value: &str| {
        let text = format!("[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n{key} = {value}\n");
        parse(&format!("{text}{BASE}")).map(|config| config.functions[0].connection)
    };
    let (default, seconds) = (ConnectionSettings::default(), Duration::from_secs);
    let header_bytes = |max_response_header_bytes| ConnectionSettings { max_response_header_bytes, ..default };
    let headers = |max_response_headers| ConnectionSettings { max_response_headers, ..default };
    let keepalive = |keepalive| ConnectionSettings { keepalive, ..default };
    for (key, value, wanted) in [
        ("keepalive", "\"auto\"", default),
        ("keepalive", "\"0s\"", keepalive(Duration::ZERO)),
        ("keepalive", "\"90s\"", keepalive(seconds(90))),
        ("ping_interval", "\"off\"", ConnectionSettings { ping_interval: None, ..default }),
        ("ping_interval", "\"1m\"", ConnectionSettings { ping_interval: Some(seconds(60)), ..default }),
        ("max_response_header_bytes", "\"8KiB\"", header_bytes(8192)),
        ("max_response_header_bytes", "\"1MiB\"", header_bytes(1 << 20)),
        ("max_response_headers", "1", headers(1)),
        ("max_response_headers", "1000", headers(1000)),
    ] {
        assert_eq!(read(key, value).expect(value), wanted, "{key} = {value}");
    }
    for (key, value) in [
        ("keepalive", "\"off\""),
        ("keepalive", "\"9000h\""),
        ("keepalive", "0"),
        ("ping_interval", "\"999ms\""),
        ("ping_interval", "\"on\""),
        ("ping_interval", "300"),
        ("max_response_header_bytes", "\"8191B\""),
        ("max_response_header_bytes", "\"2MiB\""),
        ("max_response_headers", "0"),
        ("max_response_headers", "1001"),
    ] {
        assert!(read(key, value).is_err(), "{key} = {value}");
    }
}

#[test]
fn values_are_read() {
    let config = good(
        r#"
[gateway]
workers = 0x4
max_connections = 1_000
max_body_bytes = "6MiB"
trusted_proxies = ["10.0.0.0/8", "::1"]
reserved = "reject"
remove = ["X-Original-URL", "x_own", "Cookie"]
region = "eu-$$1"

[[listener]]
address = "unix:/run/fngate.sock"
proxy_protocol = true
backlog = 65535
mode = "660"
owner = "root"
group = "12"

[[function]]
name = "orders"
namespace = "shop"
version = "3"
instances = ["http://orders.${DOMAIN}:9000", "http://[::1]"]
timeout = "${WAIT}"
stream_max = "1h30m"
max_concurrency = 8
headers = { "X-B" = "1", "X-A" = "2" }

[[service]]
name = "shop"
hosts = ["Shop.${DOMAIN}.", "*.${DOMAIN}"]
domain = [{ host = "shop.example.com", base_path = "/test/", environment = "test" }]

[[service.api]]
path = "/orders/{id}"
method = "ANY"
function = "shop/orders"
environments = ["test", "release"]
versions = { test = "3", release = "3" }
timeout = "1m"
max_body_bytes = "0"
"#,
    );
    assert_eq!(config.gateway.workers, NonZeroUsize::new(4));
    assert_eq!(config.gateway.max_connections, NonZeroUsize::new(1000));
    assert_eq!(config.gateway.max_body_bytes, Some(6 << 20));
    assert!(config.gateway.trusted_proxies.contains("::ffff:10.9.8.7".parse().unwrap()));
    assert_eq!((config.gateway.reserved, config.gateway.region.as_str()), (ReservedPolicy::Reject, "eu-$$1"));
    assert_eq!(config.gateway.remove, ["x-original-url", "x_own", "cookie"]);
    let listener = &config.listeners[0];
    assert_eq!(listener.address, ListenAddress::Unix("/run/fngate.sock".into()));
    assert_eq!((listener.proxy_protocol, listener.backlog), (true, 65535));
    assert_eq!(listener.rights, SocketRights { mode: Some(0o660), owner: Some(0), group: Some(12) });

    let function = &config.functions[0];
    assert_eq!(function.id.to_string(), "shop/orders:3");
    let instances: Vec<_> = function.instances.iter().map(ToString::to_string).collect();
    assert_eq!(instances, ["http://orders.example.com:9000", "http://[::1]:80"]);
    assert_eq!(function.timeout.value, Duration::from_secs(20));
    assert_eq!(function.timeout.place.as_ref().unwrap().to_string(), "fngate.toml:24:11");
    assert_eq!(function.stream_max, Some(Duration::from_secs(5400)));
    let headers: Vec<_> = function.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(headers, ["x-b", "x-a"], "in the order of the file");

    let service = &config.services[0];
    let domains: Vec<_> = service.domains.iter().map(|domain| (&domain.host, domain.base_path.to_string())).collect();
    let (exact, suffix) = (HostPattern::Exact("shop.example.com".into()), HostPattern::Suffix(".example.com".into()));
    assert_eq!(domains, [(&exact, "/".into()), (&suffix, "/".into()), (&exact, "/test".into())]);
    let api = &service.apis[0];
    assert_eq!(api.name, "ANY /orders/{id}");
    let bindings: Vec<_> = api.bindings.iter().map(|binding| (binding.environment, binding.function)).collect();
    assert_eq!(bindings, [(Environment::Release, 0), (Environment::Test, 0)]);
    assert_eq!(api.max_body_bytes, Some(None));
    assert_eq!(api.timeout.as_ref().unwrap().place.as_ref().unwrap().to_string(), "fngate.toml:40:11");
    assert_eq!(api.place.to_string(), "fngate.toml:35:8");
}

#[test]
fn numbers_and_booleans_come_from_variables_too() {
    let config = good(
        "[gateway]\nworkers = \"${COUNT}\"\nvia = \"${YES}\"\nmax_headers = \"1${COUNT}\"\n[gateway.http2]\nmax_streams = \"${COUNT}\"",
    );
    let gateway = &config.gateway;
    assert_eq!((gateway.workers, gateway.max_headers, gateway.via), (NonZeroUsize::new(7), 17, true));
    assert_eq!(gateway.http2.max_streams, 7);
}

#[test]
fn every_one_of_many_errors_is_counted_and_the_first_are_shown() {
    let rule = "[[service.api]]\npth = \"/\"\nfunction = \"echo\"\n";
    let text = format!("[[service]]\nname = \"shop\"\nhosts = [\"*\"]\n{}{BASE}", rule.repeat(1000));
    let report = parse(&text).unwrap_err();
    assert_eq!((report.errors().len(), report.more_errors()), (100, 1900));
    let text = report.to_string();
    assert_eq!(text.matches("-->").count(), 100);
    let end = "error: 2000 errors in the configuration; 1900 more than are shown";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn the_history_is_in_the_directory_for_state() {
    let state = |name: &str| match name {
        "STATE_DIRECTORY" => Ok("/state:/more".to_owned()),
        _ => Err(std::env::VarError::NotPresent),
    };
    for (keys, with_state, without) in [
        ("", Some("/state/history"), Some("/var/lib/fngate/history")),
        ("directory = \"/srv/h\"", Some("/srv/h"), Some("/srv/h")),
        ("directory = \"\"", None, None),
    ] {
        let text = format!("[history]\n{keys}\n{BASE}");
        let (config, _) = parse_with("fngate.toml".as_ref(), &text, &state).expect("a good configuration");
        assert_eq!(config.history.directory.as_deref(), with_state.map(Path::new), "{keys}");
        assert_eq!(good(&format!("[history]\n{keys}")).history.directory.as_deref(), without.map(Path::new), "{keys}");
    }
    assert_eq!((good("").history.keep, good("[history]\nkeep = 10000").history.keep), (100, 10_000));
    for bad in ["keep = 0", "keep = 10001", "directory = \"history\""] {
        assert_eq!(parse(&format!("[history]\n{bad}\n{BASE}")).expect_err(bad).errors().len(), 1, "{bad}");
    }
}

#[test]
fn the_admin_listener_can_be_off() {
    assert_eq!(good("[admin]\naddress = \"\"").admin.address, None);
    assert_eq!(good("[admin]\nhosts = [\"Fngate.Internal.\", \"a\"]").admin.hosts, ["fngate.internal", "a"]);
}

#[test]
fn a_repetition_is_dropped_and_other_apis_are_kept() {
    let one = "path = \"/u/{id}\"\nfunction = \"echo\"\ntimeout = \"1s\"\n\n[[service.api]]\n";
    for (second, count) in [
        ("path = \"/u/{id}\"\nfunction = \"default/echo:$LATEST\"\ntimeout = \"1000ms\"", 1),
        ("path = \"/u/{id}\"\nfunction = \"echo\"\nmethod = \"ANY\"", 2),
        ("path = \"/u/{id}\"\nfunction = \"echo\"\nmethod = \"POST\"", 2),
        ("path = \"=/u/{id}\"\nfunction = \"echo\"", 2),
        ("path = \"/U/{id}\"\nfunction = \"echo\"", 2),
    ] {
        assert_eq!(good(&api(&format!("{one}{second}"))).services[0].apis.len(), count, "{second}");
    }
}

#[test]
fn long_and_strange_paths_have_a_name() {
    let config = good(&api("path = \"/caf\u{e9}\"\nfunction = \"echo\""));
    assert_eq!(config.services[0].apis[0].name, "GET /caf%C3%A9");
}

#[test]
fn the_first_error_can_be_asked_for_its_place() {
    let report = parse("[gateway]\nworkers = 1\nregion = \"\u{e9}\"\n").unwrap_err();
    let error = &report.errors()[1];
    assert_eq!(error.place().unwrap().to_string(), "fngate.toml:3:10");
    assert!(error.to_string().starts_with("fngate.toml:3:10: `\u{e9}` cannot be sent"), "{error}");
    assert!(report.coloured().contains("\u{1b}["));
    assert!(!report.to_string().contains('\u{1b}'));
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_line() {
    assert!(parse(&format!("\u{feff}{BASE}")).is_ok());
    assert!(parse(&BASE.replace('\n', "\r\n")).is_ok());
}

#[test]
fn errors_at_the_edges_of_a_line_are_shown() {
    for text in ["\r\r", "'\r\r\n", "'", "a", "a =", "\u{feff}", "\0", "a = '\u{e9}"] {
        let report = parse(text).expect_err(text);
        assert!(!report.to_string().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(text in "[\\[\\]a-z.= \"'{}$\\n\\r\u{e9}\\\\0-9,#]{0,200}") {
        let _ = parse_text("fuzz.toml".as_ref(), &text).map_err(|report| report.to_string());
    }

    #[test]
    fn no_damage_panics(cut in any::<prop::sample::Index>(), length in 0..40_usize, put in "[\\[\\]{}\"'=,.# \n$\\\\a]{0,4}") {
        let text = include_str!("../../../config/examples/multi-environment.toml");
        let border = |at: usize| (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let start = border(cut.index(text.len()));
        let damaged = format!("{}{put}{}", &text[..start], &text[border(start + length)..]);
        let _ = parse_text("fuzz.toml".as_ref(), &damaged).map_err(|report| report.to_string());
    }

    #[test]
    fn no_value_panics(key in 0..60_usize, value in "(\"[ -~\u{e9}]{0,20}\"|[0-9.eE_+x-]{1,20}|\\[[\"a-z0-9, ]{0,20}\\]|\\{[ -~]{0,20}\\})") {
        let keys = schema_keys();
        let dotted = &keys[key % keys.len()];
        let text = match dotted.rsplit_once('.') {
            Some((table @ ("gateway" | "log" | "admin"), key)) => format!("[{table}]\n{key} = {value}\n{BASE}"),
            Some((table @ ("service.api" | "service.domain"), key)) => format!("[[service]]\n[[{table}]]\n{key} = {value}\n{BASE}"),
            Some((table, key)) => format!("[[{table}]]\n{key} = {value}\n{BASE}"),
            None => format!("{dotted} = {value}\n{BASE}"),
        };
        let _ = parse_text("fuzz.toml".as_ref(), &text).map_err(|report| report.to_string());
    }
}
