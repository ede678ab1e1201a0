//! Variables of `serverless.yml`: `${self:custom.name}`, `${name}`, `${opt:stage, 'dev'}`.

/// How deep variables may stand in each other, and values refer to others.
pub(super) const DEEPEST: usize = 16;

/// The stage of a file that names none.
const STAGE: &str = "dev";

/// A text, with the variables that were answered in it replaced.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    pub(super) text: String,
    /// A variable was left as it is.
    pub(super) is_open: bool,
    /// A variable that comes from elsewhere has the value that the file names for want of another.
    pub(super) has_default: bool,
}

/// The path, if a text is one variable that refers to a place of the file and nothing else.
pub(super) fn reference(text: &str) -> Option<&str> {
    let expression = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    let path = expression.trim().strip_prefix("self:")?;
    (!path.contains(['$', '{', '}', ',', ' '])).then_some(path)
}

/// Replaces what `lookup` answers, which is given a path with dots.
pub(super) fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Expanded {
    let mut expanded = Expanded::default();
    expanded.text = expanded.expand(text, lookup, 0);
    expanded
}

impl Expanded {
    fn expand(&mut self, text: &str, lookup: &dyn Fn(&str) -> Option<String>, depth: usize) -> String {
        let mut all = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let inside = &rest[start + 2..];
            let Some(end) = closing(inside).filter(|_| depth < DEEPEST) else { break };
            all += &rest[..start];
            let was_open = std::mem::take(&mut self.is_open);
            let expression = self.expand(&inside[..end], lookup, depth + 1);
            match self.answer(&expression, lookup) {
                Some(answer) => {
                    all += &answer;
                    self.is_open = was_open;
                }
                None => {
                    all += &format!("${{{expression}}}");
                    self.is_open = true;
                }
            }
            rest = &inside[end + 1..];
        }
        self.is_open |= rest.contains("${");
        all + rest
    }

    /// The first alternative that the file answers.
    fn answer(&mut self, expression: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let mut is_foreign = false;
        for (index, alternative) in expression.split(',').map(str::trim).enumerate() {
            let answer = match alternative.split_once(':') {
                _ if quoted(alternative).is_some() => quoted(alternative).map(str::to_owned),
                _ if index > 0 && is_literal(alternative) => Some(alternative.to_owned()),
                Some(("self", path)) => lookup(path).or_else(|| stage(path)),
                Some(("sls", "stage")) => lookup("provider.stage").or_else(|| stage("stage")),
                None => lookup(alternative).or_else(|| stage(alternative)),
                Some(_) => {
                    is_foreign = true;
                    None
                }
            };
            if answer.is_some() {
                self.has_default |= is_foreign;
                return answer;
            }
        }
        None
    }
}

/// Where the brace is that closes a variable, if `text` begins within it.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(index),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Option<&str> {
    ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

fn is_literal(text: &str) -> bool {
    text == "true" || text == "false" || text.parse::<f64>().is_ok()
}

fn stage(path: &str) -> Option<String> {
    ["stage", "provider.stage"].contains(&path).then(|| STAGE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_or_left_as_they_are() {
        let lookup = |path: &str| match path {
            "name" => Some("n".to_owned()),
            "custom.a" => Some("b".to_owned()),
            "custom.b" => Some("c".to_owned()),
            _ => None,
        };
        for (text, expected, is_open, has_default) in [
            ("plain $ {x}", "plain $ {x}", false, false),
            ("${name}-${self:custom.a}", "n-b", false, false),
            ("${ self:custom.${self:custom.a} }", "c", false, false),
            ("${stage}${self:provider.stage}${sls:stage}", "devdevdev", false, false),
            ("${self:custom.no, 'x'}", "x", false, false),
            ("${self:custom.no, self:custom.a}", "b", false, false),
            ("${opt:stage, 'x'}/${env:Y, 5}", "x/5", false, true),
            ("${opt:stage, self:custom.a}", "b", false, true),
            ("${env:X}-${name}", "${env:X}-n", true, false),
            ("${self:custom.${env:X}}", "${self:custom.${env:X}}", true, false),
            ("${unknown}", "${unknown}", true, false),
            ("a${name", "a${name", true, false),
            ("${}", "${}", true, false),
            ("ü${name}ü}", "ünü}", false, false),
        ] {
            let expanded = expand(text, &lookup);
            let found = (expanded.text.as_str(), expanded.is_open, expanded.has_default);
            assert_eq!(found, (expected, is_open, has_default), "{text}");
        }
        let deep = format!("{}name{}", "${self:".repeat(10_000), "}".repeat(10_000));
        assert_eq!(expand(&deep, &lookup).text, deep);
    }
}
