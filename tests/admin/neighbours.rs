//! Others on the same host: functions behind the gateway that ask whatever they are told to, and other users.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::client::Call;
use super::description::operations;
use super::skip::skipped;
use super::stand::{ALL, SHOP, Stand, stage};
use super::support::directories::{RUNTIME, STATE};
use super::support::gateway::{BASE, Folder};
use super::support::nobody::{NOBODY, as_nobody, is_possible, program_in};
use super::support::port::free_port;
use super::support::process::{Process, run};
use super::support::project::project;
use super::support::{eventually, fngate};

/// A gateway with the function that asks any address.
struct Fetching {
    stand: Stand,
    // Ends behind it.
    _function: Process,
    _folder: tempfile::TempDir,
}

impl Fetching {
    fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let mut command = Command::new("python3");
        command.arg(project("tests/admin/fetch.py")).arg(port.to_string()).stdin(Stdio::null());
        let function = Process::start(&mut command, folder.path());
        eventually("the function listens", || TcpStream::connect(("127.0.0.1", port)).ok());
        let stand = Stand::with(&format!(
            "{SHOP}\n[[function]]\nname = \"fetch\"\ninstances = [\"http://127.0.0.1:{port}\"]\n\
             [[service.api]]\npath = \"/fetch\"\nmethod = \"ANY\"\nfunction = \"fetch\"\n"
        ));
        Self { stand, _function: function, _folder: folder }
    }

    /// What the function gets of the admin listener. The request has no token: who had one would not need the function.
    fn fetch(&self, method: &str, host: &str, target: &str) -> super::client::Answer {
        let url = format!("http://{host}:{}{target}", self.stand.gateway.admin.port());
        let escaped: String = url.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let call = Call::new(method, &format!("/fetch?{escaped}")).host("shop.test");
        let call = if method == "GET" { call } else { call.json(&json!({})) };
        call.send(self.stand.gateway.address).expect("an answer of the gateway")
    }
}

#[test]
fn a_function_that_asks_the_admin_listener_gets_nothing_but_what_is_public() {
    let fetching = Fetching::start();
    let (stand, before) = (&fetching.stand, fetching.stand.text());
    for operation in operations(stand) {
        let answer = fetching.fetch(&operation.method, "127.0.0.1", &operation.target);
        if operation.takes_code {
            assert!(answer.status >= 400, "{operation:?}: {answer:?}");
            continue;
        }
        assert_eq!(answer.status, 401, "{operation:?}: {answer:?}");
        assert_eq!(answer.reason(), "unauthorized", "an answer of the admin listener: {answer:?}");
    }
    for host in ["localhost", "127.0.0.1"] {
        for (method, target) in [("GET", "/metrics"), ("GET", "/livez"), ("GET", "/readyz"), ("POST", "/v1/reload")] {
            let answer = fetching.fetch(method, host, target);
            assert_eq!(answer.status, 200, "{method} {target}: {answer:?}");
            assert!(!answer.body.contains(&stand.own) && !answer.body.contains("sha256:"), "{answer:?}");
        }
    }
    assert_eq!(stand.text(), before);
    // Nor is the function told a token that it could use.
    let echoed = stand.gateway.get("/").body;
    assert!(!echoed.contains("fng_") && !echoed.to_lowercase().contains("authorization"), "{echoed}");
}

#[test]
fn an_instance_that_is_the_admin_listener_is_an_error() {
    let port = free_port();
    for (admin, instance) in [
        (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}")),
        (format!("127.0.0.1:{port}"), format!("http://localhost:{port}")),
        (format!("127.0.0.1:{port}"), format!("https://127.0.0.1:{port}")),
        (format!("127.0.0.1:{port}"), format!("h2c://127.0.0.1:{port}")),
        (format!("127.0.0.1:{port}"), format!("http://0.0.0.0:{port}")),
        (format!("127.0.0.1:{port}"), format!("http://[::ffff:127.0.0.1]:{port}")),
        (format!("127.0.0.1:{port}"), format!("http://[::ffff:0.0.0.0]:{port}")),
        (format!("0.0.0.0:{port}"), format!("http://127.0.0.1:{port}")),
        (format!("0.0.0.0:{port}"), format!("http://127.8.8.8:{port}")),
        (format!("0.0.0.0:{port}"), format!("http://0.0.0.0:{port}")),
        (format!("[::1]:{port}"), format!("http://[::1]:{port}")),
        (format!("[::1]:{port}"), format!("http://localhost:{port}")),
        (format!("[::1]:{port}"), format!("http://[::]:{port}")),
        (format!("[::]:{port}"), format!("http://[::1]:{port}")),
        (format!("[::]:{port}"), format!("http://127.0.0.1:{port}")),
        ("unix:/run/fngate/admin.sock".to_owned(), "unix:/run/fngate/admin.sock".to_owned()),
        ("unix:/run/fngate/admin.sock".to_owned(), "unix:/run/./fngate//admin.sock".to_owned()),
    ] {
        let configuration = format!("{BASE}{SHOP}")
            .replace("[admin]\naddress = \"127.0.0.1:0\"", &format!("[admin]\naddress = \"{admin}\""))
            .replace("\"builtin:echo\"", &format!("\"{instance}\""));
        let folder = Folder::new(&configuration);
        let finished = run(&mut fngate(&["check", "-c", &folder.argument()]));
        assert_eq!(finished.code(), Some(78), "{instance} at {admin}: {}", finished.out);
        assert!(finished.err.contains("is the admin listener"), "{instance} at {admin}: {}", finished.err);
    }
}

#[test]
fn an_instance_that_is_the_admin_listener_cannot_be_made() {
    let port = free_port();
    let folder = Folder::new(
        &format!("{BASE}{SHOP}")
            .replace("[admin]\naddress = \"127.0.0.1:0\"", &format!("[admin]\naddress = \"127.0.0.1:{port}\"")),
    );
    let gateway = super::support::gateway::Gateway::start(&folder);
    let token = super::stand::own_token(&folder, &gateway);
    let keys = json!({ "instances": [format!("http://127.0.0.1:{port}")] });
    let refused = Call::new("PUT", "/v1/functions/default/mine").token(&token).json(&keys).send(gateway.admin);
    let refused = refused.expect("an answer");
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.body.contains("is the admin listener"), "{refused:?}");
}

#[test]
fn another_user_cannot_read_the_token_and_is_refused() {
    let stand = Stand::start();
    // Only the mode of the file is in the way.
    for folder in [stand.folder.path().to_owned(), stand.folder.path().join(RUNTIME)] {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).expect("ours");
    }
    let file = stand.folder.path().join(RUNTIME).join(format!("admin-{}.token", stand.gateway.admin.port()));
    let token = std::fs::metadata(&file).expect("the token");
    assert_eq!(token.mode() & 0o7777, 0o600);
    if !is_possible() {
        skipped("another user that asks the admin API: this is not root");
        return;
    }
    assert!(run(as_nobody(&["ls"]).arg(file.parent().expect("a folder"))).status.success(), "it is the file's mode");
    let read = run(as_nobody(&["cat"]).arg(&file));
    assert!(!read.status.success() && read.out.is_empty(), "{read:?}");
    for target in ["/v1/status", ALL] {
        let url = format!("http://{}{target}", stand.gateway.admin);
        let asked = run(as_nobody(&["curl", "--silent", "--max-time", "20", "--write-out", "%{http_code}"]).arg(url));
        assert!(asked.out.ends_with("401"), "{asked:?}");
    }
    let environment = format!("RUNTIME_DIRECTORY={}", stand.folder.path().join(RUNTIME).display());
    let admin = stand.gateway.admin.to_string();
    let program = &program_in(stand.folder.path());
    let bind = ["bind", "GET", "/mine", "--service", "shop", "--function", "echo", "--admin", &admin];
    let refused = run(as_nobody(&["env", &environment, program]).args(bind));
    assert!(!refused.status.success() && refused.err.contains("FNGATE_TOKEN"), "{refused:?}");
    let bound = run(&mut stand.command(&bind[..7]));
    assert_eq!(bound.code(), Some(0), "the gateway's user may: {}", bound.err);
    // Who has a token may, too.
    let unbind = ["unbind", "GET", "/mine", "--service", "shop", "--admin", &admin];
    let given = format!("FNGATE_TOKEN={}", stand.write.text);
    let unbound = run(as_nobody(&["env", &environment, &given, program]).args(unbind));
    assert_eq!(unbound.code(), Some(0), "{}", unbound.err);
    drop(stand);
    assert!(!file.exists(), "it goes with the gateway");
}

/// Whoever can connect can hold all connections. The probes, by which the gateway would be started again, are answered all the same.
#[test]
fn slow_connections_do_not_keep_probes_waiting() {
    let stand = Stand::start();
    let answered = [
        // A head that does not end, and a client that asks no more.
        "GET /livez HTTP/1.1\r\nHost: localhost\r\n",
        "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
    ];
    for text in answered {
        let connect = |_| {
            let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
            stream.write_all(text.as_bytes()).expect("sent");
            stream
        };
        let crowd: Vec<_> = (0..300).map(connect).collect();
        let began = Instant::now();
        assert_eq!(stand.send(&Call::get("/livez")).status, 200);
        assert!(began.elapsed() < Duration::from_secs(4), "{:?} behind {text:?}", began.elapsed());
        drop(crowd);
    }
}

/// A gateway whose admin listener is a Unix socket that everybody may connect to.
struct AtSocket {
    process: Process,
    folder: Folder,
    socket: PathBuf,
}

impl AtSocket {
    /// Run by this command; the folder of the configuration is of this user.
    fn start(runner: impl FnOnce(&[&str]) -> Command, user: u32) -> Self {
        let folder = Folder::new("");
        let socket = folder.path().join("admin.sock");
        folder.write(&format!("{BASE}{SHOP}").replace(
            "[admin]\naddress = \"127.0.0.1:0\"",
            &format!("[admin]\naddress = \"unix:{}\"", socket.display()),
        ));
        for name in [STATE, RUNTIME] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        for path in [folder.path().to_owned(), folder.file(), folder.path().join(STATE), folder.path().join(RUNTIME)] {
            let mode = if path.is_dir() { 0o755 } else { 0o644 };
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("ours");
            // Only root can give something away, and needs to.
            let _ = chown(&path, Some(user), Some(user));
        }
        let mut command = runner(&[&program_in(folder.path()), "run", "-c", &folder.argument()]);
        let mut process = Process::start(command.stdin(Stdio::null()), folder.path());
        eventually("the gateway is ready", || {
            assert_eq!(process.ended(), None, "{}", process.err());
            Call::get("/readyz").send_unix(&socket).is_ok_and(|answer| answer.status == 200).then_some(())
        });
        std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o666)).expect("ours");
        Self { process, folder, socket }
    }

    /// The status that a command of somebody gets.
    fn asked(&self, mut as_somebody: Command, method: &str, target: &str) -> String {
        as_somebody.args(["--silent", "--max-time", "20", "--write-out", "\n%{http_code}", "--request", method]);
        as_somebody.arg("--unix-socket").arg(&self.socket);
        as_somebody.args([
            "--header",
            "Content-Type: application/json",
            "--data",
            r#"{"path":"/new","function":"echo"}"#,
        ]);
        let finished = run(as_somebody.arg(format!("http://localhost{target}")));
        finished.out.lines().last().unwrap_or_default().to_owned()
    }
}

fn directly(arguments: &[&str]) -> Command {
    let mut command = Command::new(arguments[0]);
    command.args(&arguments[1..]);
    command
}

#[test]
fn at_a_unix_socket_the_kernel_says_who_asks() {
    let admin = AtSocket::start(directly, rustix::process::geteuid().as_raw());
    let shown = Call::get("/v1/status").send_unix(&admin.socket).expect("an answer");
    assert_eq!(shown.status, 200, "this user's own gateway: {shown:?}");
    let new = json!({ "path": "/new", "function": "echo" });
    let made = Call::new("PUT", "/v1/services/shop/apis/new").json(&new).send_unix(&admin.socket).expect("an answer");
    assert_eq!(made.status, 201, "{made:?}");
    // What a browser would send is refused here as well, and a bad token is no better than none.
    let form = Call::new("PUT", ALL).field("Content-Type", "text/plain").body("{}").send_unix(&admin.socket);
    assert_eq!(form.expect("an answer").status, 415);
    let bad = Call::get("/v1/status").token("fng_x").send_unix(&admin.socket).expect("an answer");
    assert_eq!(bad.status, 401, "{bad:?}");
    let bind = ["bind", "GET", "/more", "--service", "shop", "--function", "echo", "-c", &admin.folder.argument()];
    let bound = run(&mut fngate(&bind));
    assert_eq!(bound.code(), Some(0), "{}", bound.err);
    if !is_possible() {
        skipped("another user at the admin socket: this is not root");
        return;
    }
    for (method, target) in [("GET", "/v1/status"), ("PUT", "/v1/services/shop/apis/new2"), ("PUT", ALL)] {
        assert_eq!(admin.asked(as_nobody(&["curl"]), method, target), "401", "{method} {target}");
    }
    assert_eq!(admin.asked(as_nobody(&["curl"]), "GET", "/readyz"), "200");
    assert!(!admin.process.err().contains("new2"), "{}", admin.process.err());
}

#[test]
fn at_a_unix_socket_root_and_the_gateways_user_may_and_others_may_not() {
    if !is_possible() {
        skipped("a gateway of another user at a Unix socket: this is not root");
        return;
    }
    let admin = AtSocket::start(as_nobody, NOBODY);
    let as_third = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65533", "--regid=65533", "--clear-groups", "curl"]);
        command
    };
    let target = "/v1/services/shop/apis/new";
    assert_eq!(admin.asked(as_third(), "PUT", target), "401");
    assert_eq!(admin.asked(as_third(), "GET", "/v1/status"), "401");
    assert_eq!(admin.asked(as_nobody(&["curl"]), "PUT", target), "201", "its own user");
    assert_eq!(admin.asked(Command::new("curl"), "PUT", "/v1/services/shop/apis/new"), "200", "root, the same again");
    assert_eq!(admin.asked(Command::new("curl"), "GET", "/v1/status"), "200");
}

#[test]
fn the_socket_is_not_open_to_others_by_itself() {
    let folder = Folder::new("");
    let socket = folder.path().join("admin.sock");
    folder.write(
        &format!("{BASE}{SHOP}").replace(
            "[admin]\naddress = \"127.0.0.1:0\"",
            &format!("[admin]\naddress = \"unix:{}\"", socket.display()),
        ),
    );
    let mut process = Process::start(fngate(&["run", "-c", &folder.argument()]).stdin(Stdio::null()), folder.path());
    let mode = |path: &Path| std::fs::metadata(path).map(|file| file.mode() & 0o7777).ok();
    let mode = eventually("the socket", || {
        assert_eq!(process.ended(), None, "{}", process.err());
        Call::get("/readyz").send_unix(&socket).ok().and(mode(&socket))
    });
    // Who may write to it may connect.
    assert_eq!(mode & 0o002, 0, "{mode:o}");
    let mut text = Vec::new();
    std::fs::File::open(folder.file()).and_then(|mut file| file.read_to_end(&mut text)).expect("the configuration");
    let call = Call::new("PUT", ALL).json(&stage("b")).host("evil.example").send_unix(&socket).expect("an answer");
    assert_eq!(call.status, 403, "{call:?}");
    assert_eq!(std::fs::read(folder.file()).expect("the configuration"), text);
}
