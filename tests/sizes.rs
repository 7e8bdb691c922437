//! No function is longer than 60 lines and no file longer than 400, unless a line says why:
//! `// long: <reason>` directly above the function, or at the top of the file (`# long:` in scripts).

use proc_macro2::Span;
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, Signature};
use tinyevo_tests::root;
use tinyevo_tests::sources::{files, is_test};

const FUNCTION: usize = 60;
const FILE: usize = 400;
/// Lines of `host/src/data` without tests: of what loads MNIST and its like, and of what loads other data.
const DATA: usize = 1710;
const OWN_DATA: usize = 1340;

/// The functions of a file that are too long and do not say why.
struct Functions<'a> {
    lines: Vec<&'a str>,
    found: Vec<String>,
}

impl Functions<'_> {
    /// Notes a function from its signature to the end of its body.
    fn measure(&mut self, attributes: &[Attribute], signature: &Signature, body: &Block) {
        let first = signature.span().start().line;
        let length = body.span().end().line + 1 - first;
        let top = attributes.iter().map(|attribute| attribute.span().start().line);
        let top = top.min().unwrap_or(first).min(first);
        // The line above, or one between the attributes.
        let reason =
            (top.saturating_sub(1)..first).filter_map(|line| self.lines.get(line.max(1) - 1));
        if length > FUNCTION && !reason.into_iter().any(|line| says_why(line)) {
            self.found.push(format!("{first}: `{}` has {length} lines", signature.ident));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.attrs, &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.measure(&item.attrs, &item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// Whether a line is `// long:` or `# long:` with a reason.
fn says_why(line: &str) -> bool {
    let line = line.trim_start();
    let comment = line.strip_prefix("//").or_else(|| line.strip_prefix('#'));
    let reason = comment.and_then(|comment| comment.trim_start().strip_prefix("long:"));
    reason.is_some_and(|reason| !reason.trim().is_empty())
}

/// Whether a file is too long and does not say why among the comments that it starts with.
fn is_long(text: &str) -> bool {
    let comment = |line: &&str| line.starts_with("//") || line.starts_with('#');
    text.lines().count() > FILE && !text.lines().take_while(comment).any(says_why)
}

/// What is too long in a file of Rust.
fn long_functions(text: &str) -> Vec<String> {
    let file = syn::parse_file(text).expect("Rust");
    let mut functions = Functions { lines: text.lines().collect(), found: Vec::new() };
    functions.visit_file(&file);
    functions.found
}

/// How many lines a file has without its tests.
fn lines_without_tests(text: &str) -> usize {
    let file = syn::parse_file(text).expect("Rust");
    let lines = |span: Span| span.end().line + 1 - span.start().line;
    let tests = file.items.iter().filter(|item| match item {
        Item::Mod(item) => is_test(&item.attrs),
        Item::Fn(item) => is_test(&item.attrs),
        _ => false,
    });
    text.lines().count() - tests.map(|item| lines(item.span())).sum::<usize>()
}

/// Whether a file holds tests or what only they need, by its name or its folder's.
fn is_test_file(path: &str) -> bool {
    path.split('/').any(|part| {
        let name = part.trim_end_matches(".rs");
        name == "tests" || name == "testing" || name.ends_with("_tests")
    })
}

/// The files of Rust, and the scripts.
fn is_code(name: &str) -> bool {
    let end = Path::new(name).extension().and_then(|end| end.to_str());
    matches!(end, Some("rs" | "py" | "sh" | "mjs")) || ["run", "measure"].contains(&name)
}

#[test]
fn files_and_functions_are_short() {
    let code = files(&root(), &is_code);
    assert!(code.len() > 100, "only {} files found", code.len());
    let mut faults = Vec::new();
    for (path, text) in &code {
        if is_long(text) {
            faults.push(format!("{path} has {} lines", text.lines().count()));
        }
        if path.ends_with(".rs") {
            faults.extend(long_functions(text).into_iter().map(|fault| format!("{path}:{fault}")));
        }
    }
    assert!(faults.is_empty(), "{} are too long:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn loading_data_is_small() {
    let code = files(&root().join("host/src/data"), &is_code);
    let own = code.iter().filter(|(path, _)| !is_test_file(path) && !path.starts_with("builtin/"));
    let is_other =
        |path: &str| path.starts_with("own/") || ["description.rs", "error/own.rs"].contains(&path);
    let (other, usual): (Vec<_>, Vec<_>) = own.partition(|(path, _)| is_other(path));
    for (code, most) in [(usual, DATA), (other, OWN_DATA)] {
        let lines: usize = code.iter().map(|(_, text)| lines_without_tests(text)).sum();
        assert!(lines > 100, "only {lines} lines found");
        assert!(
            lines <= most,
            "host/src/data has {lines} lines without tests, at most {most} may be"
        );
    }
}

/// A function with so many lines, behind `above`.
fn function(above: &str, lines: usize) -> String {
    format!("{above}\nfn f() {{{}\n}}\n", "\n    g();".repeat(lines - 2))
}

#[test]
fn a_long_function_is_found_wherever_it_stands() {
    let long = ["2: `f` has 61 lines"];
    assert_eq!(long_functions(&function("", 60)), [""; 0]);
    assert_eq!(long_functions(&function("", 61)), long);
    assert_eq!(long_functions(&function("#[inline]", 61)), long);
    for (before, after) in [
        ("impl S {", "}"),
        ("trait T {", "}"),
        ("mod m {", "}"),
        ("#[cfg(test)] mod m {", "}"),
        ("fn g() {", "}"),
    ] {
        let text = format!("{}{after}", function(before, 61));
        assert!(long_functions(&text).iter().any(|found| found == long[0]), "{before}");
    }
    // Braces in strings and comments are none.
    let text = function("", 61).replacen("g();", "\"}\"; // }", 1);
    assert_eq!(long_functions(&text), long);
}

#[test]
fn a_function_may_be_long_where_a_line_says_why() {
    for above in ["// long: a table", "// long: a table\n#[test]", "#[test]\n// long: a table"] {
        assert_eq!(long_functions(&function(above, 61)), [""; 0], "{above}");
    }
    for above in ["// long:", "// long", "// long: a table\n", "// too long: a table"] {
        assert_eq!(long_functions(&function(above, 61)).len(), 1, "{above}");
    }
}

#[test]
fn a_long_file_is_found_unless_its_first_lines_say_why() {
    let lines = |first: &str, lines| format!("{first}{}", "\n".repeat(lines));
    assert!(!is_long(&lines("", 400)));
    assert!(is_long(&lines("", 401)));
    assert!(is_long(&lines("//! Words.", 401)));
    assert!(!is_long(&lines("//! Words.\n// long: a table", 401)));
    assert!(!is_long(&lines("#!/bin/sh\n# long: one script", 401)));
    assert!(is_long(&lines("fn f() {}\n// long: a table", 401)));
}

#[test]
fn lines_of_tests_do_not_count() {
    let text = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
    assert_eq!(lines_without_tests(text), 2);
    assert_eq!(lines_without_tests("fn f() {}\n#[cfg(unix)]\nfn g() {}\n"), 3);
    assert!(is_test_file("fetch_tests/mod.rs") && is_test_file("tests.rs"));
    assert!(!is_test_file("fetch/mod.rs") && !is_test_file("latest.rs"));
}
