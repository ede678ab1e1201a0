//! `fngate man` and `fngate completions`: what a package installs beside the program.

mod file;

use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::outcome::{Failure, SYSTEM, print};

/// Of administration: the program is a daemon.
const SECTION: &str = "8";

/// What the page of the program says beside what the arguments say themselves.
const MORE: &str = r#".SH "EXIT STATUS"
.TP
.B 0
Done; for \fBrun\fR: stopped, and everything in flight was finished.
.TP
.B 1
The running gateway refuses a change or a question. For \fBdiff \-c\fR: something would change. For \fBexplain\fR: the request is refused. For \fBconformance\fR: there are differences that are not on the list. For \fBhealth\fR: no gateway answers, or it is not ready.
.TP
.B 64
Wrong arguments.
.TP
.B 71
An address could not be bound, the system refused an operation, or a worker died; no gateway answered; for \fBdiff \-c\fR: also when the gateway denied access; for \fBtail\fR: the gateway closed the stream; for \fBdev\fR: the command exited.
.TP
.B 78
The configuration has errors; for \fBdiff \-c\fR: the gateway would refuse the files.
.TP
.BR 130 ", " 143
SIGINT or SIGTERM, and not everything in flight was finished in time.
.SH SIGNALS
.TP
.BR TERM ", " INT
Finish what is in flight and end; a second one ends at once.
.TP
.B HUP
Load the configuration again.
.TP
.B USR1
Reopen the access log and the audit log.
.SH ENVIRONMENT
.TP
.B FNGATE_CONFIG
The configuration file, if there is no \fB\-c\fR.
.TP
.B FNGATE_TOKEN
A token for the admin API, for users who cannot read the one of the gateway.
.SH FILES
.TP
.I /etc/fngate/fngate.toml
The configuration file, if nothing names another.
.TP
.I ./fngate.toml
Read by \fBcheck\fR, \fBroutes\fR and \fBexplain\fR, if nothing names another file and there is no \fI/etc/fngate/fngate.toml\fR.
.SH "SEE ALSO"
.BR fngate.toml (5)
"#;

/// Prints the completions of a shell.
pub(super) fn completions(mut command: Command, shell: Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    generate(shell, &mut command, "fngate", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Writes a page for the program, one for each of its commands, and one for the configuration.
pub(super) fn write(command: &Command, directory: &Path) -> Result<ExitCode, Failure> {
    // Building gives the commands their full names.
    let mut command = command.clone().disable_help_subcommand(true);
    command.build();
    for page in command.get_subcommands().chain([&command]) {
        let more = if page.get_name() == "fngate" { MORE } else { "" };
        write_page(page.clone(), more, directory)?;
    }
    write_file(&directory.join("fngate.toml.5"), file::page().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn write_page(command: Command, more: &str, directory: &Path) -> Result<(), Failure> {
    let man = Man::new(command).section(SECTION);
    let mut page = Vec::new();
    man.render(&mut page).map_err(|error| Failure::system(&error))?;
    page.extend_from_slice(more.as_bytes());
    write_file(&directory.join(man.get_filename()), &page)
}

fn write_file(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure { code: SYSTEM, text: format!("cannot write {}: {error}", path.display()) };
    std::fs::write(path, text).map_err(failed)
}
