//! The page of the configuration: how it is written, and every key, from what its reference says.

use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::super::schema::plain;
use crate::config::{self, Described, Form, Key};

const BEGIN: &str = r#".TH fngate.toml 5 "" fngate "File Formats Manual"
.SH NAME
fngate.toml \- the configuration of the function gateway fngate
.SH DESCRIPTION
The configuration is one TOML file,
.I /etc/fngate/fngate.toml
unless
.B \-c
or
.B FNGATE_CONFIG
name another. It says where clients connect, where functions run, and which domains and paths lead to them.
.PP
.B fngate check
prints every error in it. A change of the file is in use a moment later if it has none, and changes nothing if it has one.
.PP
Documents that are named below are in
.IR /usr/share/doc/fngate/docs ;
sections are in
.I configuration.md
there, which says more of many keys.
.I /usr/share/doc/fngate/examples
has a file with every key, and whole files for common runtimes.
.SH EXAMPLE
.nf
[[listener]]
address = "0.0.0.0:8080"
\&
[[function]]
name = "orders"
instances = ["http://127.0.0.1:9000"]
\&
[[service]]
name = "shop"
hosts = ["shop.example.com"]
\&
[[service.api]]
path = "/orders/{id}"
function = "orders"
.fi
.SH VALUES
.TP
.B Durations
Strings of whole numbers and the units h, m, s and ms: "250ms", "1m30s".
.TP
.B Sizes
Strings of one whole number and one of the units B, KiB, MiB, GiB, KB, MB, GB.
.TP
.B Variables
In strings,
.BI ${ NAME }
stands for a variable of the environment; one that is not set is an error. $${ is a literal ${. The service reads variables from
.IR /etc/fngate/environment .
"#;

const END: &str = r#".SH "SEE ALSO"
.BR fngate (8)
"#;

pub(super) fn page() -> String {
    let reference = config::reference();
    let mut keys = Roff::new();
    keys.control("SH", ["KEYS"]);
    for key in config::schema() {
        let about = reference.get(&key.name).copied().unwrap_or_default();
        add(&mut keys, &key, about);
    }
    format!("{BEGIN}{}{END}", keys.to_roff())
}

/// A title for a table, an entry for a key.
fn add(page: &mut Roff, key: &Key, about: Described) {
    match key.form {
        Form::Table => page.control("SS", [format!("[{}]", key.name).as_str()]),
        Form::Tables => page.control("SS", [format!("[[{}]]", key.name).as_str()]),
        _ => {
            let name = key.name.rsplit_once('.').map_or(key.name.as_str(), |(_, name)| name);
            page.control("TP", []).text([bold(name), roman(format!(" ({})", kind(&key.form, about)))])
        }
    };
    if !about.meaning.is_empty() {
        page.text(inlines(&plain(about.meaning)));
    }
}

/// Such as `number, 0 to 1024; default 0`.
fn kind(form: &Form, about: Described) -> String {
    let form = match form {
        Form::Table | Form::Tables | Form::Unknown => "",
        Form::Text(_) => "string",
        Form::Choice(_) if !about.range.is_empty() => "one of",
        Form::Choice(_) => "string",
        Form::Texts(_) => "list of strings",
        Form::Map => "table of strings",
        Form::Duration => "duration",
        Form::Size => "size",
        Form::Boolean(_) => "boolean",
        Form::Number(..) | Form::Fraction => "number",
    };
    let bare = |markdown: &str| plain(markdown).replace(['`', '*'], "");
    let range = bare(about.range);
    let what = match form {
        _ if range.is_empty() => form.to_owned(),
        "one of" => format!("{form} {range}"),
        _ => format!("{form}, {range}"),
    };
    match bare(about.default).as_str() {
        "required" => format!("{what}; required"),
        "none" => format!("{what}; no default"),
        default => format!("{what}; default {default}"),
    }
}

/// `code` stands out, and so does **what is strong**.
fn inlines(markdown: &str) -> Vec<Inline> {
    let parts = markdown.split('`').enumerate();
    let code = |(at, part): (usize, &str)| if at % 2 == 1 { vec![italic(part)] } else { strong(part) };
    parts.flat_map(code).collect()
}

fn strong(markdown: &str) -> Vec<Inline> {
    let parts = markdown.split("**").enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { bold(part) } else { roman(part) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_form_its_default_and_its_meaning() {
        let page = page();
        for line in [
            ".SS [gateway.http2]",
            ".SS [[service.api]]",
            "\\fBworkers\\fR (number, 0 to 1024; default 0)",
            "\\fBpath\\fR (string; required)",
            "\\fBclient_ca\\fR (string; no default)",
            "\\fBreserved\\fR (one of \"strip\", \"reject\"; default \"strip\")",
            "Where clients connect. At least one.",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in {page}");
        }
        let entries = page.split("\n.SH KEYS\n").nth(1).expect("keys").matches(".TP\n").count();
        let tables = page.matches("\n.SS ").count();
        assert_eq!(entries + tables, config::schema().len());
    }
}
