//! `fngate man` and `fngate completions`.

use crate::support::fngate;
use crate::support::process::run;

#[test]
fn every_command_has_its_page_and_its_completions() {
    let folder = tempfile::tempdir().expect("a folder");
    let finished = run(fngate(&["man"]).arg(folder.path()));
    assert_eq!((finished.code(), finished.out.as_str(), finished.err.as_str()), (Some(0), "", ""));
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|_| panic!("{name}"));
    let main = page("fngate.8");
    for section in ["NAME", "SYNOPSIS", "\"EXIT STATUS\"", "SIGNALS", "FILES"] {
        assert!(main.contains(&format!(".SH {section}\n")), "{section} in {main}");
    }
    assert!(page("fngate.toml.5").contains(".SS [[service.api]]\n"));
    let shells = ["bash", "elvish", "fish", "powershell", "zsh"].map(|shell| run(&mut fngate(&["completions", shell])));
    let help = run(&mut fngate(&["--help"])).out;
    let commands = help.split("Commands:\n").nth(1).and_then(|rest| rest.split_once("\n\n")).expect("commands").0;
    let names = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    // What does not fit into a line goes on below, further in.
    let commands: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    assert!(commands.contains(&"health"), "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        assert!(main.contains(&format!("fngate\\-{command}(8)")), "{command} in {main}");
        assert!(page(&format!("fngate-{command}.8")).contains(&format!("fngate {command}")), "{command}");
        for shell in &shells {
            assert_eq!((shell.code(), shell.err.as_str()), (Some(0), ""));
            assert!(shell.out.contains(command), "{command} in {}", shell.out);
        }
    }
}

#[test]
fn a_directory_that_is_not_there_is_71() {
    let finished = run(fngate(&["man"]).arg("/proc/no/directory"));
    assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""));
    assert!(finished.err.starts_with("fngate: cannot write /proc/no/directory/fngate"), "{}", finished.err);
}
