//! The `fngate` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    fngate::cli::main()
}
