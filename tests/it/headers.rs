//! What a function is sent, byte for byte, and what a client gets back.

use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;

#[test]
fn a_request_passes_untouched_but_for_the_gateways_own_lines() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    let sent = "POST /a%2Fb/%c3%a9?q=1&q=%zz&&x HTTP/1.1\r\nHOST: Shop.example:99\r\nX-b: 1\r\nx-A: \"q\"\r\nX-B: 2\r\n\
                Content-Length: 3\r\nx_under: 5\r\nX-Api-Key: k\r\nX-Empty:\r\n\r\nabc";
    assert_eq!(gateway.client().ask(sent).text(), "hello");
    let got = origin.request();
    assert_eq!(got.start, "POST /a%2Fb/%c3%a9?q=1&q=%zz&&x HTTP/1.1");
    assert_eq!(got.body, b"abc");
    let own = |name: &str| {
        ["x-scf-", "x-forwarded-", "x-client-"].iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix))
            || ["X-Api-RequestId", "X-Real-Ip"].contains(&name)
    };
    let passed: Vec<_> = got.fields.iter().filter(|(name, _)| !own(name)).cloned().collect();
    let expected = [
        ("HOST", "Shop.example:99"),
        ("X-b", "1"),
        ("x-A", "\"q\""),
        ("X-B", "2"),
        ("Content-Length", "3"),
        ("x_under", "5"),
        ("X-Api-Key", "k"),
        ("X-Empty", ""),
    ];
    assert_eq!(passed, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// Whoever has an id from one place has to find it in the others. The one that functions know from a cloud has hyphens.
#[test]
fn an_id_has_one_spelling_but_toward_the_function() {
    let origin = Origin::hello();
    let gateway = Gateway::with(&simple(&origin.url(), "", "", "max_body_bytes = \"1B\""));
    for sent in ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"] {
        let answer = gateway.client().ask(sent);
        let id = answer.field("x-api-requestid").expect("an id");
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
            "{id}"
        );
        assert_eq!(gateway.logged(id)["request_id"], id);
        if answer.status() == 200 {
            let told = origin.request();
            assert_eq!(told.values("X-Api-RequestId"), [id]);
            let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|place| &id[place]);
            assert_eq!(told.values("X-Scf-Request-Id"), [groups.join("-")]);
        } else {
            assert_eq!(answer.problem()["requestId"], id);
        }
    }
}

#[test]
fn a_function_is_told_what_triggered_it() {
    let origin = Origin::hello();
    let gateway = Gateway::with(&format!(
        "[gateway]\nregion = \"eu\"\nappid = \"17\"\nvia = true\n\
         [[function]]\nname = \"orders\"\nnamespace = \"shop\"\nversion = \"3\"\ninstances = [\"{}\"]\nmemory = 128\n\
         headers = {{ X-Stage = \"prod\", X-Tier = \"basic\" }}\n\
         [[service]]\nname = \"front\"\nhosts = [\"*.example.com\"]\n\
         [[service.domain]]\nhost = \"shop.example.com\"\nbase_path = \"/t\"\nenvironment = \"test\"\n\
         [[service.api]]\nname = \"get\"\npath = \"/o/{{id}}/{{rest+}}\"\nmethod = \"GET\"\nfunction = \"shop/orders:3\"\n\
         environments = [\"test\"]\ntimeout = \"2s\"\nheaders = {{ X-Tier = \"gold\" }}\n",
        origin.url()
    ));
    let answer = gateway.client().ask(
        "GET /t/o/a%20b/c%2Fd/e?x=1 HTTP/1.1\r\nHost: shop.example.com\r\nX-Tier: mine\r\nX_SCF_Name: evil\r\n\
         X-SCF-Name: evil\r\nX-Real-Ip: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n\
         X-Forwarded-Prefix: /evil\r\nForwarded: for=6.6.6.6\r\n\
         X-Api-RequestId: mine\r\n\r\n",
    );
    let got = origin.request();
    assert_eq!(got.start, "GET /o/a%20b/c%2Fd/e?x=1 HTTP/1.1");
    for (name, value) in [
        ("X-Scf-Name", "orders"),
        ("X-Scf-Namespace", "shop"),
        ("X-Scf-Version", "3"),
        ("X-Scf-Timeout", "2000"),
        ("X-Scf-Memory", "128"),
        ("X-Scf-Region", "eu"),
        ("X-Scf-Appid", "17"),
        ("X-Scf-Service", "front"),
        ("X-Scf-Api", "get"),
        ("X-Scf-Environment", "test"),
        ("X-Scf-Path", "/o/{id}/{rest+}"),
        ("X-Scf-Path-Parameters", "id=a+b&rest=c%2Fd%2Fe"),
        ("X-Real-Ip", "127.0.0.1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "shop.example.com"),
        ("X-Forwarded-Prefix", "/t"),
        ("X-Client-Proto", "http"),
        ("X-Client-Proto-Ver", "HTTP/1.1"),
        ("X-Stage", "prod"),
        ("X-Tier", "gold"),
        ("Via", "1.1 fngate"),
    ] {
        assert_eq!(got.field(name), Some(value), "{name}");
        assert!(got.fields.iter().any(|(other, _)| other == name), "the letter case of {name}: {got:?}");
    }
    assert_eq!(got.field("X-Scf-Uin"), None);
    assert!(!format!("{got:?}").contains("evil") && !format!("{got:?}").contains("6.6.6.6"), "{got:?}");
    let id = got.field("X-Scf-Request-Id").expect("an id").to_owned();
    assert_eq!(got.field("X-Api-RequestId"), Some(id.replace('-', "").as_str()));
    assert_eq!(answer.field("X-Api-RequestId"), Some(id.replace('-', "").as_str()));
}

#[test]
fn hop_by_hop_fields_stay_on_their_hop() {
    let origin = Origin::answering(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=9\r\nX-Hop: 1\r\nX-Scf-Name: f\r\n\
         x_scf_z: 1\r\nX-Api-RequestId: mine\r\nProxy-Authenticate: x\r\nB: 1\r\nA: 2\r\nB: 3\r\nContent-Length: 2\r\n\r\nok",
    );
    let gateway = Gateway::before(&origin, "", "");
    let answer = gateway.client().ask(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close, X-Listed, Host, Content-Length\r\nX-Listed: 1\r\nKeep-Alive: 3\r\n\
         Proxy-Connection: keep-alive\r\nTE: gzip, trailers\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\nC: 1\r\n\r\n",
    );
    let got = origin.request();
    for name in ["X-Listed", "Keep-Alive", "Proxy-Connection", "Upgrade", "Proxy-Authorization"] {
        assert_eq!(got.field(name), None, "{name}");
    }
    assert_eq!(
        (got.field("TE"), got.field("Connection"), got.field("Host")),
        (Some("trailers"), Some("TE"), Some("h"))
    );
    let names: Vec<_> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["B", "A", "B", "Content-Length", "X-Api-RequestId", "Date", "Connection"], "{answer:?}");
}

#[test]
fn a_trusted_proxy_is_believed_and_nobody_else() {
    let origin = Origin::hello();
    let lines = ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "X-Forwarded-Host: pub", "X-Forwarded-Foo: f"];
    let trusting = Gateway::before(&origin, "trusted_proxies = [\"127.0.0.0/8\"]", "");
    trusting.client().ask(request("GET /", &lines));
    let plain = Gateway::before(&origin, "", "");
    plain.client().ask(request("GET /", &lines));
    let [believed, not] = &origin.requests()[..] else { panic!("two requests") };
    let fields = |name| (believed.field(name), not.field(name));
    assert_eq!(fields("X-Real-Ip"), (Some("1.2.3.4"), Some("127.0.0.1")));
    assert_eq!(fields("X-Forwarded-For"), (Some("1.2.3.4, 127.0.0.1"), Some("127.0.0.1")));
    assert_eq!(fields("X-Forwarded-Proto"), (Some("https"), Some("http")));
    assert_eq!(fields("X-Forwarded-Host"), (Some("pub"), Some("h")));
    assert_eq!(fields("X-Forwarded-Foo"), (Some("f"), None));
}

/// In the spelling of the configuration, behind what a trusted proxy has removed.
#[test]
fn a_removed_base_path_is_told() {
    let origin = Origin::hello();
    let config = |settings: &str| {
        format!(
            "[gateway]\n{settings}\n[[function]]\nname = \"f\"\ninstances = [\"{}\"]\n[[service]]\nname = \"s\"\n\
             [[service.domain]]\nhost = \"h\"\nbase_path = \"/shop/v1\"\n[[service.domain]]\nhost = \"h\"\n\
             [[service.domain]]\nhost = \"h\"\nbase_path = \"/shop\"\n\
             [[service.api]]\npath = \"/\"\nmethod = \"ANY\"\nfunction = \"f\"\n",
            origin.url()
        )
    };
    for (settings, line, path, prefix) in [
        ("", "X-A: 1", "/shop/v1/a", Some("/shop/v1")),
        ("", "X-Forwarded-Prefix: /evil", "/%73hop/v1", Some("/shop/v1")),
        ("", "x_forwarded_prefix: /evil", "/shop/v2", Some("/shop")),
        ("", "X-Forwarded-Prefix: /evil", "/a", None),
        ("trusted_proxies = [\"127.0.0.0/8\"]", "X-Forwarded-Prefix: /outer", "/shop/v1/a", Some("/outer/shop/v1")),
        ("trusted_proxies = [\"127.0.0.0/8\"]", "X-Forwarded-Prefix: /outer", "/a", Some("/outer")),
        ("trusted_proxies = [\"127.0.0.0/8\"]", "X-Forwarded-Prefix: //evil.example", "/a", None),
    ] {
        let gateway = Gateway::with(&config(settings));
        gateway.client().ask(request(&format!("GET {path}"), &[line]));
        let requests = origin.requests();
        let got = requests.last().expect("a request");
        assert_eq!(got.field("X-Forwarded-Prefix"), prefix, "{settings} {line} {path}");
    }
}

#[test]
fn another_prefix_reserves_other_names() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "reserved_prefix = \"X-Fc-\"", "");
    gateway.client().ask(request("GET /", &["X-Fc-Name: evil", "X-Scf-Name: mine"]));
    let got = origin.request();
    assert_eq!((got.field("X-Fc-Name"), got.field("X-Scf-Name")), (Some("f"), Some("mine")));
    assert!(got.field("X-Fc-Request-Id").is_some());
}

#[test]
fn an_absolute_target_and_http_1_0() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    gateway.client().ask("GET http://one.example:1/x?y HTTP/1.1\r\nHost: two.example\r\n\r\n");
    let old = gateway.client().ask("GET /old HTTP/1.0\r\n\r\n");
    assert_eq!((old.status(), old.text().as_str()), (200, "hello"));
    let [absolute, old] = &origin.requests()[..] else { panic!("two requests") };
    assert_eq!((absolute.start.as_str(), absolute.field("Host")), ("GET /x?y HTTP/1.1", Some("one.example:1")));
    assert_eq!((old.start.as_str(), old.field("Host")), ("GET /old HTTP/1.1", Some("")));
    assert_eq!(old.field("X-Client-Proto-Ver"), Some("HTTP/1.0"));
}

#[test]
fn a_socket_file_is_an_instance_and_a_listener() {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().expect("a folder");
    let (function, front) = (folder.path().join("f.sock"), folder.path().join("g.sock"));
    let listener = std::os::unix::net::UnixListener::bind(&function).expect("a socket file");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = [0; 4096];
            let count = stream.read(&mut head).expect("a request");
            let seen = String::from_utf8_lossy(&head[..count]).contains("X-Real-Ip");
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{seen}", seen.to_string().len())
                .expect("sent");
        }
    });
    let text = simple(&format!("unix:{}", function.display()), "", "", "");
    let _gateway = Gateway::with(&format!("{text}[[listener]]\naddress = \"unix:{}\"\n", front.display()));
    let mut client = std::os::unix::net::UnixStream::connect(&front).expect("the gateway listens");
    client.write_all(request("GET /", &["Connection: close"]).as_bytes()).expect("sent");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("false"), "{answer}");
}
