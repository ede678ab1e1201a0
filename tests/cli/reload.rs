//! `fngate reload`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::support::client::read;
use crate::support::gateway::{Folder, Gateway, broken, echo};
use crate::support::port::free_port;
use crate::support::process::{Finished, Process, run};
use crate::support::{admin_port, eventually, fngate};

/// A configuration with the admin listener on a port that the command can find in it.
fn with_admin(configuration: &str, port: u16) -> String {
    configuration.replace("[admin]\naddress = \"127.0.0.1:0\"", &format!("[admin]\naddress = \"127.0.0.1:{port}\""))
}

#[track_caller]
fn reload(folder: &Folder, more: &[&str]) -> Finished {
    run(fngate(&["reload", "-c", &folder.argument()]).args(more))
}

#[test]
fn a_good_file_is_used_and_the_revision_is_said() {
    let port = free_port();
    let folder = Folder::new(&with_admin(&echo("a"), port));
    let gateway = Gateway::start(&folder);
    let before = gateway.metric("fngate_config_revision");
    let finished = reload(&folder, &[]);
    assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""));
    assert_eq!(finished.out, format!("reloaded: revision {before}\n"), "the same files are no new revision");
    folder.write(&with_admin(&echo("b"), port));
    let finished = reload(&folder, &[]);
    assert_eq!((finished.code(), finished.out), (Some(0), format!("reloaded: revision {}\n", before + 1)));
    assert_eq!(gateway.stage().as_deref(), Some("b"));
}

#[test]
fn a_bad_file_is_refused_with_its_errors_and_the_old_table_serves() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    folder.write(&broken());
    let finished = reload(&folder, &["--admin", &gateway.admin.to_string()]);
    assert_eq!((finished.code(), finished.out.as_str()), (Some(78), ""));
    for said in ["`A NY` is not a method", "builtin:nothing", "2 errors in the configuration", "^^^^"] {
        assert!(finished.err.contains(said), "{said} in {}", finished.err);
    }
    assert!(finished.err.starts_with("error: "), "no prefix: {}", finished.err);
    assert!(finished.err.contains(&format!("{}:", folder.argument())), "{}", finished.err);
    assert_eq!(gateway.stage().as_deref(), Some("a"));
}

#[test]
fn the_level_of_the_log_changes() {
    let level = |level: &str| echo("a").replace("[log]\n", &format!("[log]\nlevel = \"{level}\"\n"));
    let folder = Folder::new(&level("info"));
    let gateway = Gateway::start(&folder);
    let applied = || gateway.process.err().matches("configuration applied").count();
    let admin = gateway.admin.to_string();
    for (written, lines) in [("error", 0), ("warn", 0), ("info", 1), ("debug", 2), ("error", 2), ("info", 3)] {
        folder.write(&level(written));
        assert_eq!(reload(&folder, &["--admin", &admin]).code(), Some(0));
        // The log has a thread of its own. What the watcher finds unchanged is not loaded again.
        eventually(written, || (applied() >= lines).then_some(()));
        assert_eq!(applied(), lines, "{written}: {}", gateway.process.err());
    }
}

#[test]
fn nobody_there_is_71() {
    let port = free_port();
    let folder = Folder::new(&with_admin(&echo("a"), port));
    for more in [&[][..], &["--admin", &format!("127.0.0.1:{port}")]] {
        let finished = reload(&folder, more);
        assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""));
        let said = format!("fngate: no gateway answers on the admin address 127.0.0.1:{port}: Connection refused");
        assert!(finished.err.starts_with(&said), "{}", finished.err);
    }
    folder.write(&echo("a").replace("[admin]\naddress = \"127.0.0.1:0\"", "[admin]\naddress = \"\""));
    let off = reload(&folder, &[]);
    assert_eq!(off.code(), Some(64));
    assert!(off.err.contains("the admin listener is disabled"), "{}", off.err);
}

#[test]
fn a_gateway_that_takes_no_connections_is_71_before_long() {
    let folder = Folder::new(&echo("a"));
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    socket.listen(0).expect("it listens");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("an address");
    // Nobody accepts, and what the kernel would hold is full.
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
    let _held: Vec<_> = std::iter::from_fn(connect).collect();
    let finished = reload(&folder, &["--admin", &address.to_string()]);
    assert_eq!(finished.code(), Some(71));
    assert!(finished.err.contains("no connection within 5 s"), "{}", finished.err);
}

#[test]
fn a_page_in_a_browser_cannot_reload() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    let reloads = || gateway.metric("fngate_config_reloads_total{result=\"ok\"}");
    let before = reloads();
    let post = |field: &str| {
        let mut stream = TcpStream::connect(gateway.admin).expect("a connection");
        let head = format!("POST /v1/reload HTTP/1.1\r\nHost: 127.0.0.1\r\n{field}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("it reads");
        read(&mut stream, String::new()).expect("an answer").status
    };
    for origin in ["https://page.example", "null", ""] {
        assert_eq!(post(&format!("Origin: {origin}\r\n")), 403, "{origin}");
    }
    assert_eq!(reloads(), before);
    assert_eq!(post(""), 200);
    assert_eq!(reloads(), before + 1);
}

#[test]
fn a_name_that_was_made_to_lead_here_gets_nothing() {
    let hosts = "[admin]\nhosts = [\"fngate.internal\"]\n";
    let folder = Folder::new(&echo("a").replace("[admin]\n", hosts));
    let gateway = Gateway::start(&folder);
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(gateway.admin).expect("a connection");
        stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).expect("it reads");
        read(&mut stream, String::new()).expect("an answer").status
    };
    for (host, status) in [
        ("127.0.0.1:1", 200),
        ("[::1]", 200),
        ("localhost:9901", 200),
        ("fngate.internal:9901", 200),
        ("page.example", 403),
        ("127.0.0.1.page.example:9901", 403),
        ("", 403),
    ] {
        assert_eq!(ask(&format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n")), status, "{host}");
        assert_eq!(ask(&format!("POST /v1/reload HTTP/1.1\r\nHost: {host}\r\n")), status, "{host}");
        assert_eq!(ask(&format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n")), 200, "{host}");
    }
    assert_eq!(ask("GET http://page.example/metrics HTTP/1.1\r\nHost: localhost\r\n"), 403);
    assert_eq!(ask("GET /metrics HTTP/1.0\r\n"), 200);
    for (site, status) in [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403)] {
        let head = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: {site}\r\n");
        assert_eq!(ask(&head), status, "{site}");
    }
}

/// Whoever listens at the default address may be another gateway.
#[test]
fn a_file_that_is_not_there_or_an_address_that_is_none_asks_nobody() {
    let _alone = admin_port();
    let admin = eventually("port 9901 is free on this machine", || TcpListener::bind("127.0.0.1:9901").ok());
    admin.set_nonblocking(true).expect("it does not wait");
    let folder = Folder::new("[admin]\naddress = \"127.0.0.1\"\n");
    for file in [folder.argument(), folder.path().join("none.toml").display().to_string()] {
        for command in [&["reload"][..], &["health"], &["bind", "GET", "/a", "--service", "s", "--function", "f"]] {
            let finished = run(fngate(command).args(["-c", &file]));
            assert_eq!(finished.code(), Some(78), "{command:?}: {finished:?}");
            assert!(finished.err.contains(&file), "{command:?}: {}", finished.err);
        }
    }
    assert!(admin.accept().is_err());
}

/// All commands find a gateway the same way, also those that could read the file instead.
#[test]
fn a_broken_file_still_leads_to_the_gateway() {
    let port = free_port();
    let folder = Folder::new(&with_admin(&echo("a"), port));
    let gateway = Gateway::start(&folder);
    folder.write(&format!("{}\nnonsense\n", with_admin(&echo("a"), port)));
    for command in [&["routes", "--admin"][..], &["explain", "--admin", "GET", "http://a.test/"], &["health"]] {
        let finished = run(fngate(command).args(["-c", &folder.argument()]).env_remove("FNGATE_TOKEN"));
        // Without a token it is the gateway that refuses.
        assert!(finished.code() != Some(78) && !finished.err.contains("nonsense"), "{command:?}: {finished:?}");
    }
    drop(gateway);
}

/// Somebody is there: what is wrong is how it is asked.
#[test]
fn a_gateway_that_cannot_be_asked_is_not_said_to_be_away() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    let secure = format!("https://{}", gateway.admin);
    for (admin, token, said) in [
        (secure.as_str(), "", "fngate: TLS with the gateway at "),
        (&gateway.admin.to_string(), "two\nlines", "the token has characters"),
    ] {
        let finished = run(fngate(&["status", "--admin", admin]).env("FNGATE_TOKEN", token));
        assert_eq!(finished.code(), Some(71), "{admin}: {finished:?}");
        assert!(finished.err.contains(said) && !finished.err.contains("no gateway"), "{admin}: {}", finished.err);
    }
}

/// With a file that cannot be read, the gateway is looked for where it is by default.
#[test]
fn a_broken_file_makes_the_command_ask_at_the_default_address() {
    let _alone = admin_port();
    let admin = eventually("port 9901 is free on this machine", || TcpListener::bind("127.0.0.1:9901").ok());
    let folder = Folder::new("this is no TOML");
    let mut command = fngate(&["reload", "-c", &folder.argument()]);
    let process = Process::start(command.stdin(Stdio::null()), folder.path());
    let (mut stream, _) = admin.accept().expect("a connection");
    let mut request = [0; 1024];
    let count = stream.read(&mut request).expect("a request");
    assert!(request[..count].starts_with(b"POST /v1/reload HTTP/1.1\r\n"));
    let answer = b"HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 13\r\n\r\nerror: broken";
    stream.write_all(answer).expect("it reads");
    let finished = process.finish();
    assert_eq!(finished.code(), Some(78));
    assert_eq!((finished.out.as_str(), finished.err.as_str()), ("", "error: broken\n"));
}
