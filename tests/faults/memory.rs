//! A process that may use 64 MB of memory.

use std::path::{Path, PathBuf};

use super::note;
use super::skip::skipped;
use super::support::client::{call, open};
use super::support::gateway::{Folder, Gateway, echo};

const LIMIT: u64 = 64 << 20;

/// A control group that ends with the test.
struct Group(PathBuf);

impl Group {
    /// Makes one with the limit, in the first version of control groups or the second; why not, otherwise.
    fn new() -> Result<Self, String> {
        let name = format!("fngate-test-{}", std::process::id());
        for (parent, file) in [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")] {
            let path = Path::new(parent).join(&name);
            if std::fs::create_dir(&path).is_ok() {
                let group = Self(path);
                if group.write(file, LIMIT).is_ok() {
                    return Ok(group);
                }
            }
        }
        Err("no control group can be made here; it takes root and a writable /sys/fs/cgroup".to_owned())
    }

    /// The most that it held, in bytes.
    fn peak(&self) -> String {
        let read = |file| std::fs::read_to_string(self.0.join(file)).ok();
        read("memory.max_usage_in_bytes").or_else(|| read("memory.peak")).unwrap_or_default().trim().to_owned()
    }

    fn write(&self, file: &str, value: u64) -> std::io::Result<()> {
        // Not created: a file that is not there belongs to another version.
        let mut file = std::fs::OpenOptions::new().write(true).open(self.0.join(file))?;
        std::io::Write::write_all(&mut file, value.to_string().as_bytes())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // By now it is empty.
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn in_little_memory_large_bodies_and_many_clients_are_served() {
    let group = match Group::new() {
        Ok(group) => group,
        Err(why) => return skipped(&format!("memory: {why}")),
    };
    let folder = Folder::new(&echo("x"));
    let mut gateway = Gateway::start(&folder);
    let pid = u64::from(gateway.process.id().as_raw_nonzero().get().unsigned_abs());
    group.write("cgroup.procs", pid).expect("the process moves");
    // Twice the memory there is, in one body that streams through.
    let body = vec![b'x'; 1 << 20];
    let mut upload = open(gateway.address, "GET /", "shop.test").expect("a connection");
    drop(call(gateway.address, "GET /", "shop.test"));
    let answer = send(gateway.address, &body, 128);
    let (_, echo) = answer.split_once("\r\n\r\n").expect("a body");
    let echo: serde_json::Value = serde_json::from_str(echo).expect("JSON");
    assert_eq!(echo["body_bytes"], 128 << 20);
    let crowd: Vec<_> = (0..1000).map(|_| open(gateway.address, "GET /", "shop.test").expect("a connection")).collect();
    for mut stream in crowd {
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    std::io::Read::read_to_end(&mut upload, &mut Vec::new()).expect("an answer");
    assert_eq!(gateway.process.ended(), None);
    note("memory: most that a group of 64 MB held", group.peak());
}

/// Posts a body of `count` times these bytes and returns the answer.
fn send(address: std::net::SocketAddr, bytes: &[u8], count: usize) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).expect("the gateway listens");
    let length = bytes.len() * count;
    write!(stream, "POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
        .expect("sent");
    for _ in 0..count {
        stream.write_all(bytes).expect("sent");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}
