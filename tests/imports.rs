//! Which file of a package uses which: the `use` lines and the paths in code that lead to another
//! file of the same package, tests aside.
//!
//! A use of a name that a module only passes on (`pub use`) is a use of the file that defines it, and
//! a module that passes on names of its own children does not use them: it is their front door.

use crate::sources::is_test;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use syn::{Ident, Item, UseTree, Visibility};

/// A path of modules and names from the root of the package.
type Names = Vec<String>;

/// The files that each file uses; a file is named by its modules, `lib` or `batch/encode`; the file of
/// a folder's own module by the folder, `batch`.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

/// The first names of all paths in a file of Rust, tests aside: among them the packages that it uses.
///
/// # Panics
/// If it is not Rust.
#[must_use]
pub fn external_names(text: &str) -> BTreeSet<String> {
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{error}"));
    let items = file.items.iter().filter(|item| !is_test(attributes(item)));
    let paths = items.flat_map(|item| paths(&item.to_token_stream()));
    paths.filter_map(|names| names.into_iter().next()).collect()
}

/// What is read of one module before its uses can be resolved.
#[derive(Default)]
struct Module {
    /// The modules that have files of their own.
    children: BTreeSet<String>,
    /// Names that are defined here, apart from modules.
    items: BTreeSet<String>,
    /// Names that `use` brings in, and what they stand for.
    aliases: BTreeMap<String, Names>,
    /// Those of them that others can see.
    exports: BTreeMap<String, Names>,
    /// What is used.
    uses: BTreeSet<Names>,
}

/// The package whose files are `sources`, as [`rust_files`](crate::sources::rust_files) gives them,
/// from its root file on (`lib.rs` or `main.rs`). Each name of `own` stands for the root, as `crate`
/// does.
///
/// # Panics
/// If a file is missing or is not Rust.
#[must_use]
pub fn uses(sources: &BTreeMap<String, String>, root: &str, own: &[&str]) -> Uses {
    let mut package = Package { root: root.to_string(), own, modules: BTreeMap::new() };
    package.read(sources, &[]);
    let mut uses = Uses::new();
    for (path, module) in &package.modules {
        let own = package.file(path);
        let used = module.uses.iter().map(|used| package.file(package.resolve(used, 0)));
        uses.insert(own.clone(), used.filter(|file| *file != own).collect());
    }
    uses
}

struct Package<'a> {
    root: String,
    own: &'a [&'a str],
    modules: BTreeMap<Names, Module>,
}

impl Package<'_> {
    /// The name of the file of a module.
    fn file(&self, path: &[String]) -> String {
        if path.is_empty() { self.root.clone() } else { path.join("/") }
    }

    /// Reads a module and those below it.
    fn read(&mut self, sources: &BTreeMap<String, String>, path: &[String]) {
        let name = self.file(path);
        let text = sources.get(&format!("{name}.rs")).or(sources.get(&format!("{name}/mod.rs")));
        let text = text.unwrap_or_else(|| panic!("{name}: no such file"));
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut module = Module::default();
        module.declare(&file.items);
        self.collect(&mut module, path, path, &file.items);
        let children = module.children.clone();
        self.modules.insert(path.to_vec(), module);
        for child in children {
            self.read(sources, &[path, &[child]].concat());
        }
    }

    /// Notes what `items` of the module `inner` use; `path` is the module of the file.
    fn collect(&self, module: &mut Module, path: &[String], inner: &[String], items: &[Item]) {
        for item in items {
            if let Item::Use(item) = item
                && !is_test(&item.attrs)
            {
                let exported = !matches!(item.vis, Visibility::Inherited);
                for (names, alias) in leaves(&item.tree) {
                    let Some(names) = self.absolute(module, inner, &names) else { continue };
                    let passed_on = exported && names.len() > path.len() && names.starts_with(path);
                    if exported {
                        module.exports.insert(alias.clone(), names.clone());
                    }
                    module.aliases.insert(alias, names.clone());
                    if !passed_on {
                        module.uses.insert(names);
                    }
                }
            }
        }
        for item in items {
            match item {
                _ if is_test(attributes(item)) => {}
                Item::Use(_) => {}
                Item::Mod(item) => {
                    if let Some((_, items)) = &item.content {
                        let inner = [inner, &[item.ident.to_string()]].concat();
                        self.collect(module, path, &inner, items);
                    }
                }
                item => {
                    for names in paths(&item.to_token_stream()) {
                        module.uses.extend(self.absolute(module, inner, &names));
                    }
                }
            }
        }
    }

    /// A path as it is written in the module `inner`, from the root on; `None` if it leads elsewhere.
    fn absolute(&self, module: &Module, inner: &[String], names: &[String]) -> Option<Names> {
        let (first, rest) = names.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            own if self.own.contains(&own) => Some(rest.to_vec()),
            "self" => Some([inner, rest].concat()),
            "super" => {
                let (_, outer) = inner.split_last()?;
                if rest.first().is_some_and(|next| next == "super") {
                    return self.absolute(module, outer, rest);
                }
                Some([outer, rest].concat())
            }
            child if module.children.contains(child) => Some([inner, names].concat()),
            alias => Some([module.aliases.get(alias)?, rest].concat()),
        }
    }

    /// The module whose file defines what `names` lead to.
    fn resolve<'m>(&'m self, names: &[String], depth: usize) -> &'m [String] {
        assert!(depth < 50, "{names:?} is passed on in a circle");
        let (mut path, mut module) = self.modules.get_key_value(&[][..]).expect("the root");
        for (index, name) in names.iter().enumerate() {
            let last = index + 1 == names.len();
            let below = self.modules.get_key_value(&[path, std::slice::from_ref(name)].concat());
            match (below, module.exports.get(name)) {
                _ if last && module.items.contains(name) => return path,
                (Some(below), _) => (path, module) = below,
                (None, Some(to)) => {
                    return self.resolve(&[&to[..], &names[index + 1..]].concat(), depth + 1);
                }
                (None, None) => return path,
            }
        }
        path
    }
}

impl Module {
    /// Notes the names of a file's items.
    fn declare(&mut self, items: &[Item]) {
        for item in items {
            if let Item::Mod(child) = item {
                if child.content.is_none() && !is_test(&child.attrs) {
                    self.children.insert(child.ident.to_string());
                }
            } else if let Some(name) = name(item) {
                self.items.insert(name.to_string());
            }
        }
    }
}

/// The name that an item defines.
fn name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        _ => None,
    }
}

/// The attributes of an item that holds code or a `use`.
fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The paths that a `use` brings in, with the name that each has afterwards.
fn leaves(tree: &UseTree) -> Vec<(Names, String)> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree)
            .into_iter()
            .map(|(names, alias)| match &names[..] {
                [only] if only == "self" => (vec![path.ident.to_string()], path.ident.to_string()),
                _ => ([vec![path.ident.to_string()], names].concat(), alias),
            })
            .collect(),
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], name.rename.to_string())],
        UseTree::Glob(_) => vec![(Vec::new(), String::new())],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

/// All paths of two names or more in code, those inside of macros too.
fn paths(code: &TokenStream) -> Vec<Names> {
    let tokens: Vec<TokenTree> = code.clone().into_iter().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => found.extend(paths(&group.stream())),
            TokenTree::Ident(_) if is_separator(&tokens, at + 1) => {
                at = path(&tokens, at, &mut Vec::new(), &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads the path that starts at `tokens[at]` behind the names of `before`; returns where it ends.
fn path(tokens: &[TokenTree], mut at: usize, names: &mut Names, found: &mut Vec<Names>) -> usize {
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        names.push(name.to_string());
        at += 1;
        if !is_separator(tokens, at) {
            break;
        }
        at += 2;
    }
    match tokens.get(at) {
        // A `use` inside of a function.
        Some(TokenTree::Group(group))
            if group.delimiter() == Delimiter::Brace && is_separator(tokens, at - 2) =>
        {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in inner.split(|token| is_punctuation(token, ',')) {
                path(part, 0, &mut names.clone(), found);
            }
            at + 1
        }
        _ => {
            found.push(std::mem::take(names));
            at
        }
    }
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| tokens.get(at).is_some_and(|token| is_punctuation(token, ':'));
    colon(at) && colon(at + 1)
}

fn is_punctuation(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punctuation) if punctuation.as_char() == expected)
}
