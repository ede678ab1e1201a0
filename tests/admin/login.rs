//! `fngate console`: what it prints lets a browser in, once.

use std::process::Stdio;

use serde_json::{Value, json};

use super::client::{Answer, Call};
use super::stand::{SHOP, Stand};
use super::support::directories::RUNTIME;
use super::support::gateway::{BASE, Folder, Gateway};
use super::support::port::free_port;
use super::support::process::{Finished, Process, run};
use super::support::{eventually, fngate};

/// The code of an address, which is all that standard output has.
#[track_caller]
pub fn code_of(printed: &str, listener: &str) -> String {
    let code = printed.strip_prefix(&format!("{listener}/console/#code=")).and_then(|rest| rest.strip_suffix('\n'));
    let code = code.unwrap_or_else(|| panic!("not the console at {listener}: {printed}"));
    assert!(code.starts_with("fngc_") && !code.contains(['\n', ' ', '&', '#']), "{printed}");
    code.to_owned()
}

fn login(code: &str) -> Call {
    Call::new("POST", "/v1/session").json(&json!({ "code": code }))
}

#[track_caller]
fn begun(answer: &Answer) -> [Value; 2] {
    assert_eq!(answer.status, 201, "{answer:?}");
    let session = answer.json();
    [session["name"].clone(), session["role"].clone()]
}

/// With an admin address of its own, as a file has it.
#[track_caller]
fn at(address: &str, more: &str) -> Folder {
    let admin = format!("[admin]\naddress = \"{address}\"\n{more}");
    Folder::new(&format!("{BASE}{SHOP}").replace("[admin]\naddress = \"127.0.0.1:0\"", &admin))
}

/// The command, for a gateway that runs with the file of a folder.
fn console(folder: &Folder, arguments: &[&str]) -> Finished {
    let mut command = fngate(&[&["console"], arguments].concat());
    run(command.env("RUNTIME_DIRECTORY", folder.path().join(RUNTIME)))
}

#[test]
fn what_it_prints_lets_a_browser_in_once() {
    let stand = Stand::start();
    let listener = format!("http://{}", stand.gateway.admin);
    for (arguments, token, who) in [
        (&[][..], "", ["local", "write"]),
        (&["--read-only"], "", ["local", "read"]),
        (&[], &stand.write.text, ["writer", "write"]),
        (&["--read-only"], &stand.write.text, ["writer", "read"]),
        (&[], &stand.read.text, ["reader", "read"]),
    ] {
        let finished = run(stand.command(&[&["console"], arguments].concat()).env("FNGATE_TOKEN", token));
        assert_eq!(finished.code(), Some(0), "{finished:?}");
        assert_eq!(finished.err, "valid for one login, for 5 minutes\n");
        let code = code_of(&finished.out, &listener);
        assert_eq!(begun(&stand.send(&login(&code))), who);
        assert_eq!(stand.send(&login(&code)).status, 401);
    }
    let stranger = run(stand.command(&["console"]).env("FNGATE_TOKEN", "fng_x"));
    assert_eq!((stranger.code(), stranger.out.as_str()), (Some(1), ""));
    assert!(stranger.err.contains("FNGATE_TOKEN"), "{}", stranger.err);
    stand.folder.write(&stand.text().replace("[admin]", "[admin]\nconsole = false"));
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
    let off = run(&mut stand.command(&["console"]));
    assert_eq!((off.code(), off.out.as_str()), (Some(1), ""));
    assert!(off.err.contains("`admin.console` is false"), "{}", off.err);
}

#[test]
fn the_address_is_one_that_a_browser_of_this_machine_can_open() {
    for (any, near) in [("0.0.0.0", "127.0.0.1"), ("[::]", "[::1]")] {
        let port = free_port();
        if std::net::TcpListener::bind(format!("{any}:{port}")).is_err() {
            // A machine may be without IPv6.
            continue;
        }
        let folder = at(&format!("{any}:{port}"), "");
        let gateway = Gateway::start(&folder);
        for named in [["-c", &folder.argument()], ["--admin", &format!("{any}:{port}")]] {
            let finished = console(&folder, &named);
            assert_eq!(finished.code(), Some(0), "{finished:?}");
            let code = code_of(&finished.out, &format!("http://{near}:{port}"));
            let admin = ([127, 0, 0, 1], gateway.admin.port()).into();
            assert_eq!(begun(&login(&code).send(admin).expect("an answer")), ["local", "write"]);
        }
    }
}

#[test]
fn with_a_certificate_it_is_https() {
    let port = free_port();
    let folder = at(&format!("127.0.0.1:{port}"), "[admin.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).expect("written");
    std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    let _gateway = serve(&folder);
    let finished = console(&folder, &["-c", &folder.argument()]);
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    code_of(&finished.out, &format!("https://127.0.0.1:{port}"));
}

#[test]
fn a_unix_socket_is_forwarded_by_ssh() {
    let folder = at("unix:SOCKET", "");
    let socket = folder.path().join("admin.sock");
    folder.write(&std::fs::read_to_string(folder.file()).expect("ours").replace("SOCKET", &socket.to_string_lossy()));
    let gateway = serve(&folder);
    let finished = console(&folder, &["-c", &folder.argument()]);
    assert_eq!((finished.code(), finished.out.as_str()), (Some(64), ""), "{finished:?}");
    let typed = format!("ssh -N -L 9901:{} USER@HOST\n", socket.display());
    assert!(finished.err.contains(&typed), "{}", finished.err);
    let printed = finished.err.lines().last().expect("a line").trim();
    let code = code_of(&format!("{printed}\n"), "http://127.0.0.1:9901");
    // As a browser asks through the tunnel.
    let through = |call: &Call| call.clone().host("127.0.0.1:9901").send_unix(&socket).expect("an answer");
    assert_eq!(through(&Call::get("/console/")).status, 200);
    let begun = through(&login(&code).field("Origin", "http://127.0.0.1:9901"));
    assert_eq!((begun.status, &begun.json()["role"]), (201, &json!("write")), "{begun:?}");
    let token = begun.json()["token"].as_str().expect("a token").to_owned();
    let name = begun.json()["name"].clone();
    drop(gateway);
    // It goes on after a restart, as at a port.
    let _gateway = serve(&folder);
    assert_eq!(through(&Call::get("/v1/session").token(&token)).json()["name"], name);
}

#[test]
fn nobody_is_asked_where_nobody_is() {
    let finished = run(&mut fngate(&["console", "--admin", &format!("127.0.0.1:{}", free_port())]));
    assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""));
    let folder = at("", "");
    let off = console(&folder, &["-c", &folder.argument()]);
    assert_eq!((off.code(), off.out.as_str()), (Some(64), ""), "{off:?}");
    assert!(off.err.contains("the admin listener is disabled"), "{}", off.err);
}

/// A gateway that is asked whether it is ready as commands ask it, whatever its admin listener is.
#[track_caller]
fn serve(folder: &Folder) -> Process {
    let mut process = Process::start(fngate(&["run", "-c", &folder.argument()]).stdin(Stdio::null()), folder.path());
    eventually("the gateway is ready", || {
        assert_eq!(process.ended(), None, "{}", process.err());
        (run(&mut fngate(&["health", "-c", &folder.argument()])).code() == Some(0)).then_some(())
    });
    process
}
