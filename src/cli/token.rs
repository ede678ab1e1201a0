//! `fngate token new`: a token for the admin API.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::outcome::{Failure, print};
use crate::config;
use crate::control::admin::token::{Kind, Token};

#[derive(Debug, Subcommand)]
pub(super) enum Tokens {
    /// Generate a token and print it with its configuration table.
    New(New),
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// The name of the token, recorded as the author of its changes.
    name: String,
    /// What it allows.
    #[arg(long)]
    role: Role,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    Read,
    Write,
}

pub(super) fn token(command: &Tokens) -> Result<ExitCode, Failure> {
    let Tokens::New(New { name, role }) = command;
    let role = match role {
        Role::Read => "read",
        Role::Write => "write",
    };
    let token = Token::random(Kind::Standing).map_err(|error| Failure::system(&error))?;
    let table = format!(
        "[[admin.token]]\nname = {}\nrole = \"{role}\"\nhash = \"{}\"\n",
        toml::Value::from(name.as_str()),
        token.hash()
    );
    let whole = format!("[[listener]]\naddress = \"127.0.0.1:1\"\n{table}");
    if let Err(report) = config::parse("token".as_ref(), &whole) {
        let why = report.errors().first().map_or("it is not valid", |error| error.message());
        return Err(Failure::usage(why.to_owned()));
    }
    // The token alone goes to standard output, so that a script can take it.
    let _ = write!(
        io::stderr(),
        "Add this table to the configuration. Save the token on standard output: it is not shown again.\n\n{table}\n"
    );
    print(&format!("{}\n", token.as_str()))
}
