//! Tables of the configuration as text, each with its remarks. One that the configuration refuses becomes a comment.

pub(super) const SERVICE: &str = "[[service]]";
pub(super) const API: &str = "[[service.api]]";

/// A table of the configuration, and what is said of it.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) remarks: Vec<String>,
    text: String,
    refused: Option<String>,
}

impl Block {
    pub(super) fn new(remarks: Vec<String>, text: String) -> Self {
        Self { remarks, text, refused: None }
    }

    /// Whether it is an API that the configuration has taken.
    pub(super) fn is_api(&self) -> bool {
        self.is_of(API) && !self.is_refused()
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Whether it is a table of this head.
    fn is_of(&self, head: &str) -> bool {
        self.text.starts_with(head)
    }

    fn render(&self) -> String {
        let mut text = comments(&self.remarks);
        match &self.refused {
            Some(reason) => {
                text += &comments(&[format!("not imported: {reason}"), self.text.clone()]);
            }
            None => text += &self.text,
        }
        text + "\n"
    }
}

/// Lines of comments. TOML has no control characters in one.
pub(super) fn comments(texts: &[String]) -> String {
    let shown = |line: &str| line.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}");
    texts.iter().flat_map(|text| text.lines()).map(|line| format!("# {}\n", shown(line))).collect()
}

/// Makes a comment of the first block, and of all that belongs to it: without it, they would belong to another service.
pub(super) fn refuse(blocks: &mut [Block], reason: String) {
    let Some((first, rest)) = blocks.split_first_mut() else { return };
    first.refused = Some(reason);
    if first.is_of(SERVICE) {
        for block in rest.iter_mut().take_while(|block| !block.is_of(SERVICE)) {
            block.refused = Some("its service is not".to_owned());
        }
    }
}

pub(super) fn render(blocks: &[Block]) -> String {
    let text: String = blocks.iter().map(Block::render).collect();
    format!("{}\n", text.trim_end())
}

/// Which lines blocks are in.
#[derive(Debug)]
pub(super) struct Lines {
    /// The last line of each, counted from one.
    ends: Vec<usize>,
}

impl Lines {
    pub(super) fn of(blocks: &[Block]) -> Self {
        let end = |end: &mut usize, block: &Block| {
            *end += block.render().lines().count();
            Some(*end)
        };
        Self { ends: blocks.iter().scan(0, end).collect() }
    }

    /// The block that a line is in; none for line 0, which stands for no line.
    pub(super) fn block(&self, line: usize) -> Option<usize> {
        let index = self.ends.partition_point(|end| *end < line);
        (line > 0 && index < self.ends.len()).then_some(index)
    }
}

/// A string of the configuration. `${` would name a variable.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text.replace("${", "$${")).to_string()
}
