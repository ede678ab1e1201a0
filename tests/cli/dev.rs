//! `fngate dev`.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, getpgid, test_kill_process};
use tempfile::TempDir;

use crate::support::client::{call, get};
use crate::support::process::{Process, run};
use crate::support::{admin_port, eventually, fngate, functions};

/// A running `fngate dev`.
struct Dev {
    process: Process,
    address: SocketAddr,
    metrics: SocketAddr,
    /// The line to try, as printed.
    curl: String,
    folder: TempDir,
}

impl Dev {
    #[track_caller]
    fn start(command: &[&str], directory: Option<&Path>) -> Self {
        let dashes = if command.is_empty() { &[][..] } else { &["--"] };
        Self::start_with(&[dashes, command].concat(), directory)
    }

    /// Starts it with arguments of its own.
    #[track_caller]
    fn start_with(arguments: &[&str], directory: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut dev = fngate(&["dev", "--listen", "127.0.0.1:0"]);
        dev.args(arguments);
        dev.current_dir(directory.unwrap_or(folder.path())).stdin(Stdio::null());
        // The admin port is looked at before it is taken.
        let _alone = admin_port();
        let mut process = Process::start(&mut dev, folder.path());
        let printed = eventually("everything is printed", || {
            assert_eq!(process.ended(), None);
            Some(process.out()).filter(|out| out.lines().count() == 4 && out.ends_with('\n'))
        });
        let after = |start: &str| {
            let rest = printed.lines().find_map(|line| line.strip_prefix(start));
            rest.unwrap_or_else(|| panic!("no {start:?} in {printed}")).trim()
        };
        let address = after("fngate dev: http://").split(' ').next().and_then(|address| address.parse().ok());
        let metrics = after("metrics:     http://").strip_suffix("/metrics").and_then(|address| address.parse().ok());
        let curl = after("try:").to_owned();
        Self { address: address.expect("an address"), metrics: metrics.expect("an address"), curl, process, folder }
    }

    /// Ends it as a terminal does, and expects that it ends well.
    #[track_caller]
    fn end(self) {
        self.process.signal(Signal::TERM);
        assert_eq!(self.process.finish().code(), Some(0));
    }
}

#[test]
fn what_is_printed_can_be_pasted() {
    let dev = Dev::start(&[], None);
    assert!(dev.process.out().contains("the embedded echo function"), "{}", dev.process.out());
    assert!(dev.curl.starts_with("curl "), "{}", dev.curl);
    let curl = run(Command::new("sh").args(["-c", &dev.curl]).env_remove("http_proxy"));
    assert_eq!(curl.code(), Some(0), "{curl:?}");
    assert!(curl.out.starts_with("HTTP/1.1 200 "), "{}", curl.out);
    // There is one in every program.
    assert!(dev.curl.ends_with(&format!("http://{}/", dev.address)), "{}", dev.curl);
    let metrics = call(dev.metrics, "GET /metrics", "localhost").expect("the admin listener answers");
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("fngate_requests_total"), "{}", metrics.body);
    dev.end();
}

#[test]
fn a_unix_socket_can_be_pasted_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("dev.sock");
    let _alone = admin_port();
    let mut command = fngate(&["dev", "--listen", &format!("unix:{}", socket.display())]);
    let process = Process::start(command.stdin(Stdio::null()), folder.path());
    let line = eventually("the line is printed", || {
        process.out().lines().find_map(|line| Some(line.strip_prefix("try:")?.trim().to_owned()))
    });
    let curl = run(Command::new("sh").args(["-c", &line]));
    assert!(curl.out.starts_with("HTTP/1.1 200 "), "{line}: {curl:?}");
}

#[test]
fn a_command_is_served_and_ends_with_the_gateway() {
    let dev = Dev::start(&["sh", "-c", "echo $$ >pid; exec python3 -m http.server --bind 127.0.0.1 $PORT"], None);
    std::fs::write(dev.folder.path().join("page.txt"), "a page").expect("the folder can be written to");
    // The first request waits for the command.
    let reply = get(dev.address, "/page.txt");
    assert_eq!((reply.status, reply.body.as_str()), (200, "a page"), "{reply:?}");
    let pid = std::fs::read_to_string(dev.folder.path().join("pid")).expect("the number of the command");
    let pid = pid.trim().parse().ok().and_then(Pid::from_raw).expect("a number");
    assert_eq!(test_kill_process(pid), Ok(()));
    dev.end();
    assert!(test_kill_process(pid).is_err(), "the command lives");
}

/// An interrupt at the terminal goes to the whole foreground group. The command has a group of its own and is ended by the
/// gateway, with what it has started in turn.
#[test]
fn an_interrupt_at_the_terminal_ends_everything_in_order() {
    let command = "sleep 600 & echo $! >child; python3 -m http.server --bind 127.0.0.1 $PORT";
    let dev = Dev::start(&["sh", "-c", command], None);
    assert_eq!(get(dev.address, "/").status, 200);
    let child = std::fs::read_to_string(dev.folder.path().join("child")).expect("the number of the child");
    let child = child.trim().parse().ok().and_then(Pid::from_raw).expect("a number");
    assert_ne!(getpgid(Some(child)), getpgid(Some(dev.process.id())));
    assert_eq!(test_kill_process(child), Ok(()));
    dev.process.signal(Signal::INT);
    assert_eq!(dev.process.finish().code(), Some(0));
    eventually("the child ends", || test_kill_process(child).is_err().then_some(()));
}

#[test]
fn a_command_that_ends_ends_the_gateway() {
    for (command, said) in [
        (&["sh", "-c", "exit 3"][..], "fngate: the command ended: exit status: 3"),
        (&["true"], "fngate: the command ended: exit status: 0"),
        (&["/does/not/exist"], "fngate: cannot start `/does/not/exist`: No such file or directory"),
    ] {
        let _alone = admin_port();
        let finished = run(fngate(&["dev", "--listen", "127.0.0.1:0", "--"]).args(command));
        assert_eq!(finished.code(), Some(71), "{command:?}");
        assert!(finished.err.contains(said), "{command:?}: {}", finished.err);
    }
}

#[test]
fn a_command_that_does_not_listen_is_spoken_of_once() {
    let dev =
        Dev::start(&["sh", "-c", "mkfifo start; cat start; exec python3 -m http.server --bind 127.0.0.1 $PORT"], None);
    let port =
        dev.process.out().split(" on port ").nth(1).and_then(|rest| rest.lines().next()).expect("a port").to_owned();
    let warning = format!("fngate dev: nothing listens on 127.0.0.1:{port} yet; does the command use PORT?\n");
    eventually("it is said that nothing listens", || dev.process.err().contains(&warning).then_some(()));
    std::fs::write(dev.folder.path().join("start"), "").expect("somebody reads it");
    let listens = format!("fngate dev: the command listens on 127.0.0.1:{port} now\n");
    eventually("it is said that it listens", || dev.process.err().contains(&listens).then_some(()));
    assert_eq!(dev.process.err().matches("fngate dev: ").count(), 2, "{}", dev.process.err());
    assert_eq!(get(dev.address, "/").status, 200);
    dev.end();
}

#[test]
fn a_command_that_listens_elsewhere_is_told_where() {
    // Below a shell, as scripts start servers.
    let dev = Dev::start(&["sh", "-c", "python3 -u -m http.server --bind 127.0.0.1 0 >served; true"], None);
    let served = eventually("it serves", || {
        let text = std::fs::read_to_string(dev.folder.path().join("served")).ok()?;
        Some(text.split_once(" port ")?.1.split_once(' ')?.0.to_owned())
    });
    let said = format!(
        "the command listens on 127.0.0.1:{served}: have it use PORT, or start it by itself and run `fngate dev http://127.0.0.1:{served}`\n"
    );
    eventually("it is said where it listens", || dev.process.err().contains(&said).then_some(()));
    let other = Dev::start_with(&[&format!("http://127.0.0.1:{served}")], None);
    assert_eq!(get(other.address, "/served").status, 200);
    other.end();
    dev.end();
}

#[test]
fn a_server_that_runs_already_is_served() {
    let server = Dev::start(&[], None);
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("server.sock");
    let address = format!("unix:{}", socket.display());
    let alone = admin_port();
    let _server = Process::start(fngate(&["dev", "--listen", &address]).stdin(Stdio::null()), folder.path());
    drop(alone);
    eventually("the socket is there", || socket.exists().then_some(()));
    let tcp = server.address;
    for written in [
        format!("http://{tcp}"),
        format!("http://{tcp}/"),
        format!("h2c://{tcp}"),
        tcp.to_string(),
        format!("localhost:{}", tcp.port()),
        address,
    ] {
        let dev = Dev::start_with(&[&written], None);
        assert_eq!(get(dev.address, "/hello").status, 200, "{written}");
        assert!(dev.process.out().contains(" -> "), "{written}: {}", dev.process.out());
        dev.end();
    }
    server.end();
}

#[test]
fn nothing_is_started_for_a_bad_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = fngate(&["dev", "--listen", "nonsense", "--", "touch", "started"]);
    assert_eq!(run(command.current_dir(folder.path())).code(), Some(64));
    assert!(!folder.path().join("started").exists());
}

#[test]
fn a_packed_function_is_started() {
    if let Err(error) = TcpListener::bind("127.0.0.1:9000") {
        panic!("port 9000 has to be free on this machine: packed functions listen there: {error}");
    }
    let dev = Dev::start(&[], Some(&functions()));
    assert!(dev.process.out().contains("`./scf_bootstrap` on port 9000"), "{}", dev.process.out());
    let reply = get(dev.address, "/packed");
    assert_eq!((reply.status, reply.body.as_str()), (200, "served /packed"), "{reply:?}");
    dev.end();
}

#[test]
fn the_command_is_not_told_of_sockets_that_are_not_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dev = fngate(&["dev", "--listen", "127.0.0.1:0", "--", "sh", "-c", "env >variables"]);
    dev.current_dir(folder.path()).env("LISTEN_PID", "1").env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "web");
    let _alone = admin_port();
    assert_eq!(run(&mut dev).code(), Some(71));
    let variables = std::fs::read_to_string(folder.path().join("variables")).expect("written");
    assert!(variables.contains("PORT=") && !variables.contains("LISTEN_"), "{variables}");
}
