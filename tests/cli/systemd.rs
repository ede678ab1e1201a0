//! What the service manager is told and what it passes.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::process::Signal;

use crate::support::client::get;
use crate::support::gateway::{Folder, Gateway, echo};
use crate::support::process::{Process, run};
use crate::support::{PATIENCE, eventually, fngate};

/// The socket of a service manager.
struct Manager(UnixDatagram);

impl Manager {
    fn new(folder: &Folder) -> Self {
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self(socket)
    }

    /// The next message but for those that feed the watchdog.
    #[track_caller]
    fn told(&self) -> Vec<String> {
        loop {
            let message = self.next();
            if message != ["WATCHDOG=1"] {
                return message;
            }
        }
    }

    #[track_caller]
    fn next(&self) -> Vec<String> {
        let mut buffer = [0; 4096];
        let count = loop {
            match self.0.recv(&mut buffer) {
                // A signal to the test, such as that of a child that has ended.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                received => break received.expect("a message"),
            }
        };
        String::from_utf8_lossy(&buffer[..count]).lines().map(str::to_owned).collect()
    }
}

fn managed(folder: &Folder) -> Command {
    let mut command = fngate(&["run", "-c", &folder.argument()]);
    command.stdin(Stdio::null()).env("NOTIFY_SOCKET", folder.path().join("notify"));
    command
}

fn has(message: &[String], line: &str) -> bool {
    message.iter().any(|other| other == line)
}

#[test]
fn the_manager_is_told_of_start_reload_and_stop() {
    let folder = Folder::new(&echo("a"));
    let manager = Manager::new(&folder);
    let gateway = Gateway::start_with(&mut managed(&folder), &folder);
    assert!(has(&manager.told(), "READY=1"));
    // A good and a bad one: the service goes on in both cases.
    for configuration in [None, Some("nonsense")] {
        if let Some(text) = configuration {
            std::fs::write(folder.file(), text).expect("the folder can be written to");
        }
        gateway.process.signal(Signal::HUP);
        let reloading = manager.told();
        assert!(has(&reloading, "RELOADING=1"), "{reloading:?}");
        let time = reloading.iter().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
        assert!(time.is_some_and(|time| time.parse::<u64>().is_ok_and(|time| time > 0)), "{reloading:?}");
        let ready = manager.told();
        assert!(has(&ready, "READY=1"), "{ready:?}");
    }
    gateway.process.signal(Signal::TERM);
    // Whoever watches the file may have noticed the change by itself as well.
    let is_of_reload = |message: &Vec<String>| has(message, "RELOADING=1") || has(message, "READY=1");
    let stopping = std::iter::repeat_with(|| manager.told()).find(|message| !is_of_reload(message));
    assert!(stopping.as_ref().is_some_and(|message| has(message, "STOPPING=1")), "{stopping:?}");
    assert_eq!(gateway.process.finish().code(), Some(0));
}

#[test]
fn the_managers_socket_may_have_a_name_instead_of_a_path() {
    let folder = Folder::new(&echo("a"));
    let name = format!("fngate-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let manager = Manager(UnixDatagram::bind_addr(&address).expect("a socket"));
    manager.0.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let gateway = Gateway::start_with(managed(&folder).env("NOTIFY_SOCKET", format!("@{name}")), &folder);
    assert!(has(&manager.told(), "READY=1"));
    gateway.process.signal(Signal::TERM);
    assert!(has(&manager.told(), "STOPPING=1"));
}

#[test]
fn the_watchdog_is_fed() {
    let folder = Folder::new(&echo("a"));
    let manager = Manager::new(&folder);
    let gateway = Gateway::start_with(managed(&folder).env("WATCHDOG_USEC", "2000000"), &folder);
    assert!(has(&manager.next(), "READY=1"));
    for _ in 0..2 {
        assert_eq!(manager.next(), ["WATCHDOG=1"]);
    }
    drop(gateway);
}

/// The gateway with the socket of a manager under the name `web`.
fn start_with(socket: &TcpListener, folder: &Folder) -> Gateway {
    let socket = socket.try_clone().expect("a descriptor");
    // The shell gets it as its input, and becomes the gateway: the process that the variable has to name.
    let mut command = Command::new("sh");
    command.args(["-c", r#"export LISTEN_PID=$$; exec "$0" "$@" 3<&0 </dev/null"#]).arg(env!("CARGO_BIN_EXE_fngate"));
    command.args(["run", "-c", &folder.argument()]).env_remove("NOTIFY_SOCKET");
    command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "web").stdin(OwnedFd::from(socket));
    Gateway::start_with(&mut command, folder)
}

#[test]
fn a_socket_of_the_manager_is_served() {
    let folder = named(&["web"]);
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    let gateway = start_with(&socket, &folder);
    assert_eq!(gateway.address, address);
    assert_eq!(get(address, "/").status, 200);
}

/// The manager holds the socket, so that nobody is refused; and what one worker hands to another is served, even if that one has
/// nothing else to do any more.
#[test]
fn a_restart_loses_no_connection() {
    let folder = named(&["web"]);
    let workers = std::fs::read_to_string(folder.file()).expect("our own") + "[gateway]\nworkers = 4\n";
    folder.write(&workers);
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    let (served, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(get(address, "/").status, 200);
                    served.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..10 {
            let gateway = start_with(&socket, &folder);
            let enough = served.load(Ordering::Relaxed) + 100;
            eventually("clients are served", || (served.load(Ordering::Relaxed) > enough).then_some(()));
            gateway.process.signal(Signal::TERM);
            assert_eq!(gateway.process.finish().code(), Some(0));
        }
        let last = start_with(&socket, &folder);
        over.store(true, Ordering::Relaxed);
        last
    });
}

#[test]
fn a_socket_that_was_not_passed_is_71() {
    let folder = Folder::new(&echo("a").replacen("127.0.0.1:0", "systemd:web", 1));
    let finished = run(&mut fngate(&["run", "-c", &folder.argument()]));
    assert_eq!(finished.code(), Some(71));
    assert!(finished.err.starts_with("fngate: cannot listen on systemd:web: "), "{}", finished.err);
}

/// Passes sockets under these names as a manager does, but for their numbers, which the tests of a process share.
fn passed(folder: &Folder, names: &str, sockets: &[&dyn AsFd], first: i32) -> (Command, Vec<OwnedFd>) {
    let pass = |(number, socket): (i32, &&dyn AsFd)| {
        let socket = fcntl_dupfd_cloexec(socket.as_fd(), number).expect("a number");
        assert_eq!(socket.as_raw_fd(), number, "it is free");
        fcntl_setfd(&socket, FdFlags::empty()).expect("a flag");
        socket
    };
    let held = (first..).zip(sockets).map(pass).collect();
    let mut command = fngate(&["run", "-c", &folder.argument()]);
    command.stdin(Stdio::null()).env("LISTEN_FDNAMES", names).env("LISTEN_FDS", sockets.len().to_string());
    command.env("LISTEN_FDS_FIRST_FD", first.to_string());
    (command, held)
}

fn named(listeners: &[&str]) -> Folder {
    let tables: Vec<_> = listeners.iter().map(|name| format!("[[listener]]\naddress = \"systemd:{name}\"\n")).collect();
    Folder::new(&echo("a").replacen("[[listener]]\naddress = \"127.0.0.1:0\"\n", &tables.concat(), 1))
}

#[test]
fn every_socket_of_a_name_is_served_and_names_may_be_many() {
    let folder = named(&["web", "api"]);
    let sockets = [0; 4].map(|port| TcpListener::bind(("127.0.0.1", port)).expect("a port"));
    let [one, two, three, four] = sockets.each_ref().map(|socket| socket.local_addr().expect("an address"));
    let all: Vec<&dyn AsFd> = sockets.iter().map(|socket| socket as &dyn AsFd).collect();
    let (mut command, held) = passed(&folder, "web:api:web:other", &all, 700);
    let gateway = Gateway::start_with(&mut command, &folder);
    assert_eq!((gateway.address, &gateway.others[..]), (one, &[three, two][..]));
    drop((sockets, held));
    for address in [one, two, three] {
        assert_eq!(get(address, "/").status, 200);
    }
    // Nobody asked for it: it is open, and nobody accepts.
    assert!(TcpStream::connect(four).is_ok());
}

#[test]
fn sockets_for_another_process_are_not_taken() {
    let folder = named(&["web"]);
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (mut command, _held) = passed(&folder, "web", &[&socket], 710);
    let finished = run(command.env("LISTEN_PID", "1"));
    assert_eq!(finished.code(), Some(71));
    let cause = "inherited sockets are ignored: LISTEN_PID names process 1, and this one is ";
    assert!(finished.err.contains(&format!("cannot listen on systemd:web: {cause}")), "{}", finished.err);
    // A gateway that asks for none serves, and says it all the same.
    let folder = Folder::new(&echo("a"));
    let (mut command, _held) = passed(&folder, "web", &[&socket], 720);
    let gateway = Gateway::start_with(command.env("LISTEN_PID", "1"), &folder);
    assert!(gateway.process.err().contains(cause), "{}", gateway.process.err());
}

#[test]
fn a_socket_of_another_kind_is_71_with_what_it_should_be() {
    let folder = named(&["web"]);
    let datagrams = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let file = UnixDatagram::unbound().expect("a socket");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let connection = TcpStream::connect(listener.local_addr().expect("an address")).expect("connects");
    let cases: [(&dyn AsFd, &str); 3] =
        [(&datagrams, "is not a stream socket"), (&file, "is not a stream socket"), (&connection, "does not listen")];
    for (first, (socket, what)) in (720..).zip(cases) {
        let (mut command, _held) = passed(&folder, "web", &[socket], first);
        let finished = run(&mut command);
        assert_eq!(finished.code(), Some(71), "{}", finished.err);
        assert!(finished.err.starts_with("fngate: cannot listen on systemd:web: "), "{}", finished.err);
        assert!(finished.err.contains(what), "{}", finished.err);
    }
}

#[test]
fn the_journal_is_told_the_priority_of_each_message() {
    let folder = Folder::new(&echo("one"));
    for leads_there in [true, false] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let stat = rustix::fs::fstat(&writer).expect("its numbers");
        let inode = if leads_there { stat.st_ino } else { stat.st_ino + 1 };
        let mut command = fngate(&["run", "-c", &folder.argument()]);
        command.env("JOURNAL_STREAM", format!("{}:{inode}", stat.st_dev));
        let process = Process::start_with_err(command.stdin(Stdio::null()), folder.path(), writer.into());
        // What is written to its end is read to its end: the command must not hold the pipe.
        drop(command);
        let mut lines = BufReader::new(reader).lines().map(|line| line.expect("text"));
        let mut said: Vec<_> = lines.by_ref().take_while(|line| !line.contains("serving")).collect();
        process.signal(Signal::TERM);
        said.extend(lines);
        assert_eq!(process.finish().code(), Some(0));
        assert!(said.len() > 1 && said.iter().all(|line| line.starts_with("<6>{") == leads_there), "{said:?}");
    }
}
