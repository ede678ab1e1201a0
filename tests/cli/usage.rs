//! Arguments, exit codes and messages of commands that end at once.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::skip::skipped;
use crate::support::fngate;
use crate::support::gateway::{BASE, Folder, broken, echo};
use crate::support::nobody::{as_nobody, is_possible, program_in};
use crate::support::process::run;

#[test]
fn help_and_version_are_no_errors() {
    for argument in ["--version", "--help", "-V", "-h", "help"] {
        let finished = run(&mut fngate(&[argument]));
        assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""), "{argument}");
        assert!(finished.out.contains("fngate"), "{}", finished.out);
    }
    let version = run(&mut fngate(&["--version"])).out;
    assert_eq!(version.trim_end(), concat!("fngate ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_are_64() {
    for (arguments, said) in [
        (&[][..], "Usage: fngate"),
        (&["serve"], "unrecognized subcommand 'serve'"),
        (&["check", "--nope"], "unexpected argument '--nope'"),
        (&["check", "-c"], "a value is required"),
        (&["run", "file.toml"], "unexpected argument 'file.toml'"),
        (&["explain"], "fngate explain GET http://shop.example.com/orders/7"),
        (&["explain", "GET"], "<URL>"),
        (&["explain", "GET"], "fngate explain GET http://shop.example.com/orders/7"),
        (&["explain", "http://a.test/x"], "the method is missing: fngate explain GET http://a.test/x"),
        (&["explain", "a.test/x"], "the method is missing: fngate explain GET a.test/x"),
        (&["explain", "/x"], "the method is missing: fngate explain GET /x"),
        (&["explain", "a.test:8080", "GET"], "the method is missing: fngate explain GET a.test:8080"),
        (&["explain", "GET", "http://"], "`http://` is not a URL"),
        (&["explain", "GET", "a b.test/"], "`a b.test/` is not a URL"),
        (&["explain", "G T", "http://a.test/"], "`G T` is not a method"),
        (&["explain", "", "http://a.test/"], "`` is not a method"),
        (&["explain", "GET", "/orders/7"], "names no host: write it as http://HOST/orders/7"),
        (&["reload", "--admin", "nonsense"], "`nonsense` is not an address: IP:port, https://host:port or unix:/path"),
        (&["health", "--admin", "nonsense"], "`nonsense` is not an address: IP:port, https://host:port or unix:/path"),
        (&["completions", "nonsense"], "'nonsense'"),
        (&["release", "nowhere"], "the environments are release, prepub and test"),
        (&["apply"], "--config <DIR>"),
        (&["man"], "<DIRECTORY>"),
        (&["dev", "--listen", "nonsense"], "fngate: --listen: `nonsense` is not an address to listen on"),
        (&["conformance", "--target", "http://127.0.0.1:1"], "--origin <ADDR>"),
        (&["conformance", "--tls", "--target", "https://127.0.0.1:1", "--origin", "127.0.0.1:0"], "--tls"),
        (&["conformance", "--ca", "root.pem"], "--target <URL>"),
        (&["conformance", "--target", "http://127.0.0.1:1", "--origin", "127.0.0.1:0", "--ca", "a"], "https://"),
        (&["conformance", "--target", "nonsense", "--origin", "127.0.0.1:0"], "`nonsense` is not the URL of a gateway"),
        (&["dev", "http://127.0.0.1:1", "--", "true"], "cannot be used with"),
        (&["dev", "--listen", "127.0.0.1:0", "echo"], "`echo` is not the address of a server: write http://HOST:PORT"),
        (&["dev", "--listen", "127.0.0.1:0", ":5000"], "`:5000` is not the address of a server"),
        (&["dev", "--listen", "127.0.0.1:0", "a:b:5000"], "`a:b` is not a host: write http://HOST:PORT"),
        (&["dev", "--listen", "127.0.0.1:0", "localhost:99999"], "`localhost:99999` is not the address of a server"),
        (&["dev", "--listen", "127.0.0.1:0", "ftp://a.test"], "`ftp://a.test` is not the address of an instance"),
        (&["dev", "--listen", "127.0.0.1:0", "http://a.test/x"], "no path or query: write http://HOST:PORT"),
        (&["dev", "--listen", "127.0.0.1:0", "http://a\"b\n"], "is not a host"),
        (&["dev", "--listen", "127.0.0.1:0", "unix:a.sock"], "the path of a Unix socket is absolute"),
        (&["dev", "--listen", "127.0.0.1:0", "serve"], "a command stands behind `--`"),
    ] {
        let finished = run(&mut fngate(arguments));
        assert_eq!((finished.code(), finished.out.as_str()), (Some(64), ""), "{arguments:?}: {finished:?}");
        assert!(finished.err.contains(said), "{arguments:?}: {}", finished.err);
    }
    let nonsense = run(&mut fngate(&["dev", "--listen", "nonsense"])).err;
    assert_eq!(nonsense.lines().count(), 1, "{nonsense}");
}

#[test]
fn check_sums_up_a_good_file_in_a_line() {
    let folder = Folder::new(&echo("a"));
    let finished = run(&mut fngate(&["check", "-c", &folder.argument()]));
    assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""));
    assert_eq!(finished.out, format!("{}: OK: 1 function, 1 service, 1 API\n", folder.argument()));
}

#[test]
fn check_shows_every_error_with_its_place() {
    let folder = Folder::new(&broken());
    for command in ["check", "run", "routes"] {
        let finished = run(&mut fngate(&[command, "-c", &folder.argument()]));
        assert_eq!((finished.code(), finished.out.as_str()), (Some(78), ""), "{command}");
        for (line, written) in (1..).zip(broken().lines()) {
            for wrong in ["\"A NY\"", "\"builtin:nothing\""] {
                let Some(column) = written.find(wrong) else { continue };
                let place = format!("{}:{line}:{}", folder.argument(), column + 1);
                assert!(finished.err.contains(&place), "{command}: {place} in {}", finished.err);
                let caret = format!("{}{}", " ".repeat(column), "^".repeat(wrong.len()));
                assert!(finished.err.contains(&caret), "{command}: {}", finished.err);
            }
        }
        assert!(finished.err.contains("2 errors in the configuration"), "{command}: {}", finished.err);
        assert!(finished.err.starts_with("error: "), "{command}: no prefix: {}", finished.err);
    }
}

#[test]
fn a_file_that_is_not_there_is_named_and_so_is_what_named_it() {
    let folder = Folder::new(&echo("a"));
    let missing = folder.path().join("missing.toml");
    let by_option = run(fngate(&["run", "-c"]).arg(&missing));
    let by_variable = run(fngate(&["run"]).env("FNGATE_CONFIG", &missing));
    for finished in [&by_option, &by_variable] {
        assert_eq!((finished.code(), finished.out.as_str()), (Some(78), ""));
        let said = format!("cannot read {}: there is no such file", missing.display());
        assert!(finished.err.contains(&said), "{}", finished.err);
    }
    assert!(!by_option.err.contains("FNGATE_CONFIG"), "{}", by_option.err);
    assert!(by_variable.err.contains("named by the variable FNGATE_CONFIG"), "{}", by_variable.err);
    if Path::new("/etc/fngate/fngate.toml").exists() {
        println!("the default is there, so that it is missing is not tried");
        return;
    }
    for command in [&mut fngate(&["run"]), fngate(&["run"]).env("FNGATE_CONFIG", "")] {
        let finished = run(command);
        assert_eq!(finished.code(), Some(78));
        assert!(
            finished.err.contains("cannot read /etc/fngate/fngate.toml: there is no such file"),
            "{}",
            finished.err
        );
        assert!(
            finished.err.contains("/etc/fngate/fngate.toml is the default; name another file with -c"),
            "{}",
            finished.err
        );
    }
}

#[test]
fn the_variable_names_the_file_and_the_option_wins() {
    let good = Folder::new(&echo("a"));
    let bad = Folder::new(&broken());
    for (option, variable, code) in
        [(None, &good, 0), (None, &bad, 78), (Some(&good), &bad, 0), (Some(&bad), &good, 78)]
    {
        let mut command = fngate(&["check"]);
        command.env("FNGATE_CONFIG", variable.file());
        if let Some(option) = option {
            command.arg("-c").arg(option.file());
        }
        assert_eq!(run(&mut command).code(), Some(code), "{command:?}");
    }
}

#[test]
fn a_file_can_be_named_with_and_without_the_option() {
    let (good, bad) = (Folder::new(&echo("a")), Folder::new(&broken()));
    for command in ["check", "routes"] {
        for (arguments, code) in [
            (vec![good.argument()], 0),
            (vec![bad.argument()], 78),
            (vec!["-c".to_owned(), good.argument(), good.argument()], 0),
            (vec!["-c".to_owned(), good.argument(), format!("{}/./fngate.toml", good.path().display())], 0),
        ] {
            let finished = run(fngate(&[command]).args(&arguments).env("FNGATE_CONFIG", bad.file()));
            assert_eq!(finished.code(), Some(code), "{command} {arguments:?}: {finished:?}");
            assert!(!finished.err.contains("note: "), "nothing was chosen: {}", finished.err);
        }
        let finished = run(fngate(&[command, "-c", &good.argument()]).arg(bad.file()));
        assert_eq!((finished.code(), finished.out.as_str()), (Some(64), ""), "{finished:?}");
        let said = format!("two files are named: {} and {}", good.argument(), bad.argument());
        assert!(finished.err.contains(&said), "{}", finished.err);
    }
}

#[test]
fn a_file_that_is_not_named_is_said_to_be_chosen_and_why() {
    let (good, bad) = (Folder::new(&echo("a")), Folder::new(&broken()));
    let commands = [&["check"][..], &["routes"], &["routes", "--json"], &["explain", "GET", "shop.test/x"]];
    for (command, (folder, code)) in commands.iter().flat_map(|command| [(command, (&good, 0)), (command, (&bad, 78))])
    {
        let by_variable = run(fngate(command).env("FNGATE_CONFIG", folder.file()));
        assert_eq!(by_variable.code(), Some(code), "{command:?}");
        let said = format!("note: {} is named by the variable FNGATE_CONFIG\n", folder.argument());
        assert!(by_variable.err.ends_with(&said), "{command:?}: {}", by_variable.err);
        if Path::new("/etc/fngate/fngate.toml").exists() {
            println!("the default is there, so that what comes after it is not tried");
            continue;
        }
        let here = run(fngate(command).current_dir(folder.path()));
        assert_eq!(here.code(), Some(code), "{command:?}: {here:?}");
        let said = "note: ./fngate.toml is used: FNGATE_CONFIG is not set, and there is no /etc/fngate/fngate.toml\n";
        assert!(here.err.ends_with(said), "{command:?}: {}", here.err);
    }
    // A gateway serves what it was told to, not what lies around.
    if !Path::new("/etc/fngate/fngate.toml").exists() {
        let finished = run(fngate(&["run"]).current_dir(good.path()));
        assert_eq!(finished.code(), Some(78), "{finished:?}");
        let nothing = tempfile::tempdir().expect("a folder");
        let finished = run(fngate(&["check"]).current_dir(nothing.path()));
        assert_eq!(finished.code(), Some(78), "{finished:?}");
        assert!(finished.err.contains("/etc/fngate/fngate.toml is the default, and there is no ./fngate.toml"));
    }
}

#[test]
fn a_folder_is_not_a_configuration() {
    let folder = Folder::new("");
    let finished = run(fngate(&["run", "-c"]).arg(folder.path()));
    assert_eq!(finished.code(), Some(78));
    assert!(finished.err.contains("it is a directory, not a file"), "{}", finished.err);
}

#[test]
fn a_file_without_permission_is_reported() {
    let folder = Folder::new(&echo("a"));
    let permit = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("our own");
    permit(folder.path(), 0o755);
    permit(&folder.file(), 0);
    let file = folder.argument();
    let mut command = fngate(&["run", "-c", &file]);
    if std::fs::File::open(folder.file()).is_ok() {
        // Root reads everything.
        if !is_possible() {
            skipped("a file that this user may not read: it reads everything, and cannot be another user");
            return;
        }
        command = as_nobody(&[&program_in(folder.path()), "run", "-c", &file]);
    }
    let finished = run(&mut command);
    assert_eq!(finished.code(), Some(78), "{finished:?}");
    assert!(finished.err.contains(&format!("cannot read {file}: ")), "{}", finished.err);
    assert!(finished.err.to_lowercase().contains("permission"), "{}", finished.err);
}

#[test]
fn an_address_that_cannot_be_bound_is_71() {
    let listening = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = listening.local_addr().expect("an address").to_string();
    let unavailable = "192.0.2.1:80";
    for (address, reason) in [(taken.as_str(), "Address already in use"), (unavailable, "Cannot assign")] {
        let listener = BASE.replacen("127.0.0.1:0", address, 1);
        let admin = BASE.replace("127.0.0.1:0", address).replacen(address, "127.0.0.1:0", 1);
        for (configuration, name) in [(listener, ""), (admin, "the admin address ")] {
            let folder = Folder::new(&configuration);
            let finished = run(&mut fngate(&["run", "-c", &folder.argument()]));
            assert_eq!(finished.code(), Some(71), "{finished:?}");
            let said = format!("fngate: cannot listen on {name}{address}: {reason}");
            assert!(finished.err.contains(&said), "{}", finished.err);
        }
        let _admin = crate::support::admin_port();
        let finished = run(&mut fngate(&["dev", "--listen", address]));
        assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""));
        assert!(finished.err.starts_with(&format!("fngate: cannot listen on {address}: ")), "{}", finished.err);
        assert!(finished.err.ends_with("; --listen 127.0.0.1:0 takes any free port\n"), "{}", finished.err);
    }
}

/// To open a named pipe for writing waits for a reader, and a start that waits says nothing.
#[test]
fn an_access_log_that_is_a_pipe_without_a_reader_is_71() {
    let folder = Folder::new("");
    let pipe = folder.path().join("access.pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
    folder.write(&echo("a").replace("access = \"off\"", &format!("access = {pipe:?}")));
    let finished = run(&mut fngate(&["run", "-c", &folder.argument()]));
    assert_eq!(finished.code(), Some(71));
    let said = format!("cannot open the access log: {}: ", pipe.display());
    assert!(finished.err.contains(&said), "{}", finished.err);
}
