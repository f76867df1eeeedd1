//! As much of Rust's grammar as the checks need.

/// The text with comments taken out and strings and characters emptied; line breaks stay, so that lines keep their numbers.
pub fn without_comments_and_strings(text: &str) -> String {
    let mut rest = text;
    let mut code = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        let word_before = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(rest).filter(|_| !word_before) {
            code.push_str("\"\"");
            length
        } else if first == '"' {
            code.push_str("\"\"");
            quoted(rest, '"')
        } else if first == '\''
            && let Some(length) = character(rest)
        {
            code.push_str("''");
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(rest[..taken].chars().filter(|char| *char == '\n'));
        rest = &rest[taken..];
    }
    code
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match rest.chars().next() {
                Some(char) => at += char.len_utf8(),
                None => return at,
            }
        }
    }
}

/// The length of the raw string that `text` begins with.
fn raw_string(text: &str) -> Option<usize> {
    let after_r = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let inside = after_r.trim_start_matches('#');
    let hashes = after_r.len() - inside.len();
    let inside = inside.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).unwrap_or(inside.len().saturating_sub(end.len()));
    Some(text.len() - inside.len() + length + end.len())
}

/// The length of a string or character in `quote` marks, escapes among them.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return at + char.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The length of the character that `text` begins with; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.chars().skip(1);
    let (first, second) = (chars.next()?, chars.next()?);
    (first == '\\' || second == '\'').then(|| quoted(text, '\''))
}

const FOR_TESTS: &str = "#[cfg(test)]";

/// The code without the items that are compiled for tests alone.
pub fn without_tests(code: &str) -> String {
    let mut left = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(FOR_TESTS) {
        left.push_str(&rest[..at]);
        let item = &rest[at..];
        let length = item_length(item);
        left.extend(item[..length].chars().filter(|char| *char == '\n'));
        rest = &item[length..];
    }
    left.push_str(rest);
    left
}

/// The length of the item that begins here, its attributes included: up to its closing brace or its semicolon.
fn item_length(item: &str) -> usize {
    let mut depth = 0i32;
    for (at, char) in item.char_indices() {
        match char {
            '{' | '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

/// The names of the modules in files of their own that the code declares for tests alone.
pub fn test_modules(code: &str) -> Vec<&str> {
    let after = |part: &'_ str| part.len();
    let mut names = Vec::new();
    for (at, _) in code.match_indices(FOR_TESTS) {
        let item = code[at + after(FOR_TESTS)..].trim_start();
        let item = item.strip_prefix("pub(crate)").or_else(|| item.strip_prefix("pub")).unwrap_or(item).trim_start();
        if let Some((name, _)) = item.strip_prefix("mod ").and_then(|rest| rest.split_once(';'))
            && !name.contains('{')
        {
            names.push(name.trim());
        }
    }
    names
}

/// The modules of the crate itself that the code names: what stands behind `crate::`, in braces too.
pub fn crate_modules(code: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = code[at + prefix.len()..].trim_start();
        match rest.strip_prefix('{') {
            None => modules.extend(word(rest)),
            Some(list) => modules.extend(heads(list)),
        }
    }
    modules
}

/// The first word of each part of a list in braces.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, char) in list.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.extend(word(&list[start..at]));
                return found;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(word(&list[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Whether the code has `name` as a word of its own, or as a path where it holds `::`.
pub fn names(code: &str, name: &str) -> bool {
    let part_of_word = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
    code.match_indices(name).any(|(at, _)| {
        !part_of_word(code[..at].chars().next_back()) && !part_of_word(code[at + name.len()..].chars().next())
    })
}

/// The names of the functions that carry `#[test]`, also inside `proptest!`.
pub fn test_functions(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, mark) in code.match_indices("#[test]") {
        let Some((_, function)) = code[at + mark.len()..].split_once("fn ") else { continue };
        names.extend(function.split_once('(').map(|(name, _)| name.trim()));
    }
    names
}

#[test]
fn comments_strings_and_characters_are_taken_out_and_lines_stay() {
    let text = "a // unwrap()\n/* b /* c\n */ */ \"d\\\" // e\" r#\"f\" \"# 'g' '\\'' <'h> b'i' for\"j\"";
    assert_eq!(without_comments_and_strings(text), "a \n\n \"\" \"\" '' '' <'h> b'' for\"\"");
}

#[test]
fn what_is_for_tests_alone_is_told_apart() {
    let code = "a;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\nconst B: [u8; 2] = [1; 2];\nc;\n#[cfg(test)]\nmod d { fn e() {} }\nf;";
    assert_eq!(without_tests(code), "a;\n\n\n\n\nc;\n\n\nf;");
    assert_eq!(test_modules(code), ["tests"]);
}

#[test]
fn modules_are_found_in_lists_and_paths() {
    let code = "use crate::a::{b, c}; use crate::{d::{e, f}, g}; pub(in crate::h) fn i() { crate::j::k() }";
    assert_eq!(crate_modules(code), ["a", "d", "g", "h", "j"]);
    assert!(names("x = rkyv::access", "rkyv") && !names("my_rkyv", "rkyv"));
    assert_eq!(test_functions("#[test]\n#[should_panic]\nfn a_b() {} #[test] fn c(x: u8) {}"), ["a_b", "c"]);
}
