//! A gateway that keeps its state in a folder of its own, and commands that ask it.

use std::process::{Command, Stdio};

use crate::support::client::call;
use crate::support::fngate;
use crate::support::gateway::{BASE, Folder, Gateway};
use crate::support::process::{Finished, run};

/// A running gateway with a history, a token for the commands of its user, and its configuration in two files.
#[derive(Debug)]
pub struct Kept {
    pub gateway: Gateway,
    pub folder: Folder,
}

/// The second file of the configuration.
pub const SHOP: &str = r#"# The shop.
[[function]]
name = "orders"
instances = ["builtin:echo"]

[[service]]
name = "shop"
hosts = ["shop.test"]

[[service.api]]
name = "order"
path = "/orders/{id}" # one order
function = "orders"
"#;

/// The main file.
pub fn main_file() -> String {
    format!("include = [\"services/*.toml\"]\n{}", BASE.replace("[history]\ndirectory = \"\"\n", ""))
}

impl Kept {
    #[track_caller]
    pub fn start() -> Self {
        let folder = Folder::new(&main_file());
        for directory in ["services", "state", "run"] {
            std::fs::create_dir(folder.path().join(directory)).expect("a folder");
        }
        std::fs::write(folder.path().join("services/shop.toml"), SHOP).expect("written");
        Self::serve(folder)
    }

    /// Starts a gateway with files of its own and the state of another one.
    #[track_caller]
    pub fn start_beside(other: &Self) -> Self {
        let folder = Folder::new(&main_file());
        for directory in ["services", "run"] {
            std::fs::create_dir(folder.path().join(directory)).expect("a folder");
        }
        std::os::unix::fs::symlink(other.folder.path().join("state"), folder.path().join("state")).expect("a link");
        std::fs::write(folder.path().join("services/shop.toml"), SHOP).expect("written");
        Self::serve(folder)
    }

    /// Starts a gateway with the files and the state of a folder.
    #[track_caller]
    pub fn serve(folder: Folder) -> Self {
        let mut command = fngate(&["run", "-c", &folder.argument()]);
        command.env("STATE_DIRECTORY", folder.path().join("state")).env("RUNTIME_DIRECTORY", folder.path().join("run"));
        let gateway = Gateway::start_with(command.stdin(Stdio::null()), &folder);
        Self { gateway, folder }
    }

    /// A command that asks it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = fngate(arguments);
        command.args(["--admin", &self.gateway.admin.to_string()]);
        command.env("RUNTIME_DIRECTORY", self.folder.path().join("run"));
        command
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Finished {
        run(&mut self.command(arguments))
    }

    /// What a command prints that has to succeed.
    #[track_caller]
    pub fn says(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        assert_eq!(finished.code(), Some(0), "{arguments:?}: {finished:?}");
        finished.out
    }

    /// What a command says on standard error that has to end with this code.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], code: i32) -> String {
        let finished = self.run(arguments);
        assert_eq!(finished.code(), Some(code), "{arguments:?}: {finished:?}");
        finished.err
    }

    /// Binds one more path of the shop, which is a new revision.
    #[track_caller]
    pub fn bind(&self, path: &str) {
        self.says(&["bind", "GET", path, "--service", "shop", "--function", "orders", "--note", path]);
    }

    #[track_caller]
    pub fn status(&self, target: &str) -> u16 {
        call(self.gateway.address, &format!("GET {target}"), "shop.test").expect("an answer").status
    }

    /// A file beside the main one.
    #[track_caller]
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).expect("a file")
    }
}
