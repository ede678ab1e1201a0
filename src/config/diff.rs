//! A unified diff of two configurations, with secrets masked.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::secret::masked;

/// Lines shown around a change.
const CONTEXT: usize = 3;
/// The time limit for one file. After it, the rest of the file is shown as changed.
const PATIENCE: Duration = Duration::from_millis(500);

/// Compares two sets of named files. Returns a unified diff, empty if they are equal. [Secrets](super::secret) are masked, and a
/// changed secret still shows as a changed line.
#[must_use]
pub fn diff(old: &[(&str, &[u8])], new: &[(&str, &[u8])]) -> String {
    let contents = |files: &[(&str, &[u8])]| -> BTreeMap<String, String> {
        files
            .iter()
            .map(|(name, content)| ((*name).to_owned(), String::from_utf8_lossy(content).into_owned()))
            .collect()
    };
    let (before, after) = (contents(old), contents(new));
    let mut text = String::new();
    let removed = old.iter().filter(|(name, _)| !after.contains_key(*name));
    for (name, _) in new.iter().chain(removed) {
        file(&mut text, name, (before.get(*name), after.get(*name)));
    }
    text
}

fn file(text: &mut String, name: &str, (old, new): (Option<&String>, Option<&String>)) {
    if old == new {
        return;
    }
    let title = |content: Option<&String>, side: &str| match content {
        Some(_) => format!("{side}/{}", name.trim_start_matches('/')),
        None => "/dev/null".to_owned(),
    };
    let (before, after) = (File::of(old), File::of(new));
    // Compare the raw lines, but print the masked ones.
    let diff = TextDiff::configure().timeout(PATIENCE).diff_slices(&before.lines, &after.lines);
    let _ = writeln!(text, "--- {}\n+++ {}", title(old, "a"), title(new, "b"));
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        let _ = writeln!(text, "{}", hunk.header());
        for change in hunk.iter_changes() {
            let (sign, file, index) = match change.tag() {
                ChangeTag::Delete => ('-', &before, change.old_index()),
                ChangeTag::Insert => ('+', &after, change.new_index()),
                ChangeTag::Equal => (' ', &after, change.new_index()),
            };
            let shown = index.and_then(|index| file.masked.get(index)).map_or("", String::as_str);
            let _ = writeln!(text, "{sign}{shown}");
            if !change.value().ends_with('\n') {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
}

/// The lines of a file.
#[derive(Default)]
struct File<'a> {
    /// With their line breaks.
    lines: Vec<&'a str>,
    /// The same lines, with secrets masked.
    masked: Vec<String>,
}

impl<'a> File<'a> {
    fn of(content: Option<&'a String>) -> Self {
        let Some(content) = content else { return Self::default() };
        let lines = content.split_inclusive('\n').collect();
        Self { lines, masked: masked(content).lines().map(str::to_owned).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<'a>(files: &'a [(&'a str, &'a str)]) -> Vec<(&'a str, &'a [u8])> {
        files.iter().map(|(name, text)| (*name, text.as_bytes())).collect()
    }

    fn diff_of(old: &[(&str, &str)], new: &[(&str, &str)]) -> String {
        diff(&bytes(old), &bytes(new))
    }

    #[test]
    fn a_change_is_shown_with_three_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n".replace('\n', " = 1\n");
        let new = old.replace("5 = 1", "5 = 2");
        let expected = "--- a/x.toml\n+++ b/x.toml\n@@ -2,7 +2,7 @@\n 2 = 1\n 3 = 1\n 4 = 1\n-5 = 1\n+5 = 2\n 6 = 1\n 7 = 1\n 8 = 1\n";
        assert_eq!(
            diff_of(&[("x.toml", &old), ("y.toml", "a = 1\n")], &[("x.toml", &new), ("y.toml", "a = 1\n")]),
            expected
        );
        assert_eq!(diff_of(&[("x.toml", &old)], &[("x.toml", &old)]), "");
        let absolute = diff_of(&[("/etc/x.toml", "a = 1\n")], &[("/etc/x.toml", "a = 2\n")]);
        assert!(absolute.starts_with("--- a/etc/x.toml\n+++ b/etc/x.toml\n"), "{absolute}");
    }

    #[test]
    fn files_come_and_go() {
        let found = diff_of(&[("old.toml", "a = 1\n")], &[("new.toml", "b = 1")]);
        let expected = "--- /dev/null\n+++ b/new.toml\n@@ -0,0 +1 @@\n+b = 1\n\\ No newline at end of file\n\
                        --- a/old.toml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a = 1\n";
        assert_eq!(found, expected);
    }

    #[test]
    fn secrets_show_that_they_differ_and_nothing_else() {
        let text = |secret: &str| format!("[[admin.token]]\nname = \"ci\"\nhash = \"sha256:{secret}\"\n[log]\n");
        let found = diff_of(&[("x.toml", &text("one"))], &[("x.toml", &text("two"))]);
        let expected = "--- a/x.toml\n+++ b/x.toml\n@@ -1,4 +1,4 @@\n [[admin.token]]\n name = \"ci\"\n-hash = \"***\"\n+hash = \"***\"\n [log]\n";
        assert_eq!(found, expected);
        let lines = |secret: &str| format!("password = '''\na\n{secret}\n'''\nb = 1\n");
        let found = diff_of(&[("x.toml", &lines("one"))], &[("x.toml", &lines("two\nthree"))]);
        assert!(!["one", "two", "three"].iter().any(|secret| found.contains(secret)), "{found}");
        assert_eq!(found.matches("\n+***").count(), 2, "{found}");
    }

    #[test]
    fn what_is_no_toml_is_not_shown() {
        let found = diff(&[("x.toml", b"a = \xff secret\n")], &[("x.toml", b"a = 1\n")]);
        assert_eq!(found, "--- a/x.toml\n+++ b/x.toml\n@@ -1 +1 @@\n-***\n+a = 1\n");
    }
}
