//! `fngate health`.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::fngate;
use crate::support::gateway::{Folder, Gateway, echo};
use crate::support::port::free_port;
use crate::support::process::{Finished, run};

#[track_caller]
fn health(folder: &Folder, more: &[&str]) -> Finished {
    run(fngate(&["health", "-c", &folder.argument()]).args(more))
}

fn with_admin(address: &str) -> Folder {
    Folder::new(&echo("a").replace("[admin]\naddress = \"127.0.0.1:0\"", &format!("[admin]\naddress = \"{address}\"")))
}

#[test]
fn a_gateway_that_serves_is_ready() {
    let folder = with_admin(&format!("127.0.0.1:{}", free_port()));
    let gateway = Gateway::start(&folder);
    for more in [&[][..], &["--admin", &gateway.admin.to_string()]] {
        let finished = health(&folder, more);
        assert_eq!((finished.code(), finished.out.as_str(), finished.err.as_str()), (Some(0), "ready\n", ""));
    }
}

/// Probes ask by address: what the file says in the meantime does not matter.
#[test]
fn a_file_that_is_broken_does_not_matter_to_who_is_asked_by_address() {
    let folder = with_admin("127.0.0.1:0");
    let gateway = Gateway::start(&folder);
    folder.write("this is no TOML");
    assert_eq!(health(&folder, &["--admin", &gateway.admin.to_string()]).code(), Some(0));
}

/// A change that was refused does not make a container unhealthy.
#[test]
fn a_file_with_an_error_still_says_where_the_gateway_is() {
    let address = format!("127.0.0.1:{}", free_port());
    let folder = with_admin(&address);
    let _gateway = Gateway::start(&folder);
    let good = std::fs::read_to_string(folder.argument()).expect("the file");
    folder.write(&format!("{good}\nthis is no TOML\n"));
    let finished = health(&folder, &[]);
    assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""));
}

#[test]
fn nobody_there_is_1_with_one_line_why() {
    let address = format!("127.0.0.1:{}", free_port());
    let finished = health(&with_admin(&address), &[]);
    assert_eq!((finished.code(), finished.out.as_str()), (Some(1), ""));
    let said = format!("fngate: no gateway answers on the admin address {address}: Connection refused");
    assert!(finished.err.starts_with(&said), "{}", finished.err);
    assert_eq!(finished.err.lines().count(), 1, "{}", finished.err);
}

#[test]
fn a_gateway_that_is_not_ready_is_1() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            head.extend(byte);
        }
        let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\n\r\nnot ready\n";
        stream.write_all(answer.as_bytes()).expect("it reads");
        String::from_utf8_lossy(&head).into_owned()
    });
    let finished = health(&with_admin(&address), &[]);
    assert!(asked.join().expect("no panic").starts_with("GET /readyz HTTP/1.1\r\n"));
    assert_eq!((finished.code(), finished.out.as_str()), (Some(1), ""));
    let said = format!("fngate: the gateway at {address} answers 503 Service Unavailable: not ready\n");
    assert_eq!(finished.err, said);
}

#[test]
fn a_gateway_without_an_admin_listener_cannot_be_asked() {
    let finished = health(&with_admin(""), &[]);
    assert_eq!((finished.code(), finished.out.as_str()), (Some(64), ""));
    assert!(finished.err.contains("the admin listener is disabled"), "{}", finished.err);
}
