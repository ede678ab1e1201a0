//! A new table under load: nothing fails, nothing is lost, nothing leaks.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::support::client::{Client, request};
use super::support::eventually;
use super::support::gateway::{Gateway, simple, surroundings};
use super::support::origin::Origin;

struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new(text: &str) -> Self {
        let file = Self { folder: tempfile::tempdir().expect("a folder") };
        file.write(text);
        file
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("fngate.toml")
    }

    fn text(&self, text: &str) -> String {
        format!("{text}\n{}", surroundings(self.folder.path()))
    }

    /// Truncates and writes, as `>` in a shell does.
    fn write(&self, text: &str) {
        std::fs::write(self.path(), self.text(text)).expect("written");
    }

    /// Writes beside it and renames, as editors do.
    fn replace(&self, text: &str) {
        let new = self.folder.path().join(".fngate.toml.swp");
        std::fs::write(&new, self.text(text)).expect("written");
        std::fs::rename(new, self.path()).expect("renamed");
    }
}

fn config(origin: &Origin, stage: usize) -> String {
    simple(&origin.url(), "", &format!("headers = {{ X-Stage = \"{stage}\" }}"), "")
}

/// Which stage the function is told.
fn stage(gateway: &Gateway, origin: &Origin) -> usize {
    gateway.get("/");
    let last = origin.requests().pop().expect("a request");
    last.field("x-stage").and_then(|value| value.parse().ok()).expect("a stage")
}

#[track_caller]
fn assert_stage(gateway: &Gateway, origin: &Origin, wanted: usize) {
    eventually("the new file is in use", || (stage(gateway, origin) == wanted).then_some(()));
}

#[test]
fn a_change_is_noticed_however_it_is_made() {
    let origin = Origin::hello();
    let file = File::new(&config(&origin, 0));
    let gateway = Gateway::from_file(&file.path());
    assert_eq!(stage(&gateway, &origin), 0);
    for round in 0..3 {
        file.write(&config(&origin, 3 * round + 1));
        assert_stage(&gateway, &origin, 3 * round + 1);
        file.replace(&config(&origin, 3 * round + 2));
        assert_stage(&gateway, &origin, 3 * round + 2);
    }
    assert!(gateway.metric("fngate_config_revision") >= 7.0);
}

#[test]
fn a_symlink_that_is_swapped_is_noticed() {
    // The layout of a ConfigMap volume: the file is a link into `..data`, which is a link that is renamed over.
    let origin = Origin::hello();
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let publish = |version: usize| {
        let data = root.join(format!("..v{version}"));
        std::fs::create_dir(&data).expect("a folder");
        let text = format!("{}\n{}", config(&origin, version), surroundings(root));
        std::fs::write(data.join("fngate.toml"), text).expect("written");
        std::os::unix::fs::symlink(Path::new(&format!("..v{version}")), root.join("..tmp")).expect("a link");
        std::fs::rename(root.join("..tmp"), root.join("..data")).expect("renamed");
    };
    publish(0);
    std::os::unix::fs::symlink("..data/fngate.toml", root.join("fngate.toml")).expect("a link");
    let gateway = Gateway::from_file(&root.join("fngate.toml"));
    for version in 1..4 {
        publish(version);
        assert_stage(&gateway, &origin, version);
    }
}

#[test]
fn a_new_included_file_is_noticed() {
    let origin = Origin::hello();
    let file = File::new("");
    let services = file.folder.path().join("services");
    std::fs::create_dir(&services).expect("a folder");
    let base = format!("include = [\"services/*.toml\"]\n{}", config(&origin, 0));
    std::fs::write(file.path(), file.text(&base)).expect("written");
    let gateway = Gateway::from_file(&file.path());
    let other = || gateway.client().ask("GET / HTTP/1.1\r\nHost: other\r\n\r\n").status();
    assert_eq!(other(), 200);
    let more = "[[service]]\nname = \"other\"\nhosts = [\"other\"]\n[[service.api]]\npath = \"/only\"\nmethod = \"GET\"\nfunction = \"f\"\n";
    std::fs::write(services.join("other.toml"), more).expect("written");
    eventually("the new file is in use", || (other() == 404).then_some(()));
}

#[test]
fn a_directory_of_edits_is_noticed_when_it_appears() {
    let origin = Origin::hello();
    let file = File::new("");
    let edits = file.folder.path().join("edits");
    std::fs::write(file.folder.path().join("admin.toml"), "[admin]\nedit_dir = \"edits\"\n").expect("written");
    let base = format!("include = [\"admin.toml\"]\n{}", config(&origin, 0));
    std::fs::write(file.path(), file.text(&base)).expect("written");
    let gateway = Gateway::from_file(&file.path());
    let other = || gateway.client().ask("GET / HTTP/1.1\r\nHost: other\r\n\r\n").status();
    assert_eq!(other(), 200);
    std::fs::create_dir(&edits).expect("a folder");
    let service = |path: &str| {
        format!(
            "[[service]]\nname = \"other\"\nhosts = [\"other\"]\n[[service.api]]\npath = \"{path}\"\nfunction = \"f\"\n"
        )
    };
    std::fs::write(edits.join("other.toml"), service("/only")).expect("written");
    eventually("the new file is in use", || (other() == 404).then_some(()));
    std::fs::write(edits.join("other.toml"), service("/")).expect("written");
    eventually("its change is in use", || (other() == 200).then_some(()));
    std::fs::remove_dir_all(&edits).expect("removed");
    std::fs::create_dir(&edits).expect("a folder");
    std::fs::write(edits.join("other.toml"), service("/only")).expect("written");
    eventually("the new directory is noticed", || (other() == 404).then_some(()));
}

#[test]
fn a_bad_file_changes_nothing_and_is_reported_once() {
    let origin = Origin::hello();
    let file = File::new(&config(&origin, 1));
    let gateway = Gateway::from_file(&file.path());
    let errors = "fngate_config_reloads_total{result=\"error\"}";
    for (count, bad) in ["x = 1\n", "[[function]]\n", "[[fun\n", "[gateway]\nworkers = -1\n"].into_iter().enumerate() {
        file.replace(bad);
        eventually("the bad file is noticed", || (gateway.metric(errors) >= (count + 1) as f64).then_some(()));
        assert_eq!(stage(&gateway, &origin), 1, "{bad}");
    }
    std::fs::write(file.path(), "").expect("written");
    eventually("an empty file is noticed", || (gateway.metric(errors) >= 5.0).then_some(()));
    file.replace("[gateway]\nworkers = -1\n");
    eventually("the bad file is noticed", || (gateway.metric(errors) >= 6.0).then_some(()));
    let counted = gateway.metric(errors);
    super::support::pause(Duration::from_millis(2500));
    assert_eq!(gateway.metric(errors), counted, "it is not reported again and again");
    let answer = gateway.admin("POST /v1/reload");
    assert_eq!(answer.0, 422);
    assert!(answer.1.contains("workers"), "{}", answer.1);
    file.replace(&config(&origin, 2));
    assert_stage(&gateway, &origin, 2);
}

#[test]
fn reloads_under_load_lose_nothing() {
    const RELOADS: usize = 100;
    let origin = Origin::start(|connection| {
        while let Some(request) = connection.request()? {
            if request.field("upgrade").is_some() {
                connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")?;
                loop {
                    let byte = connection.reader.take(1)?;
                    if byte.is_empty() {
                        return Ok(());
                    }
                    connection.send(byte)?;
                }
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")?;
        }
        Ok(())
    });
    let file = File::new(&config(&origin, 0));
    let gateway = Gateway::from_file(&file.path());
    let mut tunnel = gateway.client();
    assert_eq!(tunnel.ask(request("GET /", &["Connection: Upgrade", "Upgrade: x"])).status(), 101);
    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..6)
        .map(|kind| {
            let (address, stop, served) = (gateway.address.clone(), stop.clone(), served.clone());
            std::thread::spawn(move || {
                let mut client = Client::connect(&address);
                while !stop.load(Ordering::Relaxed) {
                    // Half of the clients use a connection for each request. None of them tries again.
                    if kind % 2 == 0 {
                        client = Client::connect(&address);
                    }
                    let answer = client.ask(request("POST /", &["Content-Length: 2\r\n\r\nab"]));
                    assert_eq!((answer.status(), answer.text().as_str()), (200, "hello"));
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for revision in 1..=RELOADS {
        file.replace(&config(&origin, revision));
        gateway.app().reload().expect("a good file");
        tunnel.send("x");
        assert_eq!(tunnel.reader.take(1).expect("an echo"), b"x", "reload {revision}");
    }
    stop.store(true, Ordering::Relaxed);
    for client in load {
        client.join().expect("no request failed");
    }
    let served = served.load(Ordering::Relaxed);
    assert!(served > RELOADS, "{served}");
    // One for each request and one for the tunnel: none was sent twice, none was lost.
    assert_eq!(origin.requests().len(), served + 1);
    assert!(gateway.metric("fngate_config_revision") > RELOADS as f64);
    let counted = "fngate_requests_total{api=\"all\",code=\"200\",function=\"default/f:$LATEST\",service=\"s\"}";
    eventually("every request is counted", || (gateway.metric(counted) >= served as f64).then_some(()));
}

#[test]
fn an_unchanged_function_keeps_its_connections_and_a_removed_one_leaves_nothing() {
    let origin = Origin::hello();
    let other = "[[function]]\nname = \"g\"\ninstances = [\"builtin:echo\"]\n";
    let one_worker = |text: String| text.replace("workers = 2", "workers = 1");
    let file = File::new(&format!("{}{other}", one_worker(config(&origin, 0))));
    let gateway = Gateway::from_file(&file.path());
    gateway.get("/");
    assert!(gateway.metrics().contains("default/g:"));
    for revision in 1..4 {
        file.replace(&one_worker(config(&origin, revision)));
        gateway.app().reload().expect("a good file");
        gateway.get("/");
    }
    assert_eq!(origin.connections(), 1, "the connection outlived the reloads");
    eventually("its series leave", || (!gateway.metrics().contains("default/g:")).then_some(()));
}
