//! Where clients connect: both families at one socket, and socket files.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;

use fngate::control::Outcome;

use super::support::client::{Client, request};
use super::support::gateway::{Gateway, simple};
use super::support::message::Reader;
use super::support::origin::Origin;

fn gateway(listener: &str, origin: &Origin) -> Gateway {
    Gateway::with(&format!("[[listener]]\n{listener}\n{}", simple(&origin.url(), "", "", "")))
}

#[test]
fn an_ipv4_client_of_an_ipv6_socket_has_an_ipv4_address() {
    let origin = Origin::hello();
    let gateway = gateway("address = \"[::]:0\"\nbacklog = 1", &origin);
    let port = gateway.address.rsplit(':').next().expect("a port");
    for (host, client) in [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")] {
        let answer = Client::connect(&format!("{host}:{port}")).ask(request("GET /", &["Connection: close"]));
        assert_eq!(answer.text(), "hello");
        let request = origin.requests().pop().expect("a request");
        assert_eq!(request.field("x-real-ip"), Some(client));
        assert_eq!(request.field("x-forwarded-for"), Some(client));
        let id = request.field("x-scf-request-id").expect("an id").replace('-', "");
        assert_eq!(gateway.logged(&id)["client"], client);
    }
}

#[test]
fn a_socket_file_has_its_rights_and_goes_at_the_end() {
    let origin = Origin::hello();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("web.sock");
    let (own, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let listener =
        format!("address = \"unix:{}\"\nmode = \"0620\"\nowner = \"{own}\"\ngroup = \"{group}\"", path.display());
    let gateway = gateway(&listener, &origin);
    let found = std::fs::symlink_metadata(&path).expect("a file");
    assert_eq!((found.mode() & 0o7777, found.uid(), found.gid()), (0o620, own, group));
    let mut stream = UnixStream::connect(&path).expect("the gateway accepts");
    stream.write_all(request("GET /", &["Connection: close"]).as_bytes()).expect("the gateway reads");
    assert_eq!(Reader::new(stream).head().expect("an answer").expect("an answer").status(), 200);
    assert_eq!(gateway.stop(), Outcome::Drained);
    assert!(!path.exists());
}
