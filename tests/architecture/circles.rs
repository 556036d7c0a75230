//! Which file imports which, and whether two of them import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

/// A module by its path below the crate: `web::pages::login`.
type Module = Vec<String>;

/// The circles among files: each a set of modules that reach each other by imports. What tests
/// inside a file import does not count, nor does what a file only passes on with `pub use`.
pub(crate) fn circles(sources: &[(Module, String)]) -> Vec<BTreeSet<Module>> {
    let imports = imports(sources);
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|module| (module, reach(module, &imports))).collect();
    let mut circles: Vec<BTreeSet<Module>> = Vec::new();
    for (module, others) in &reached {
        let circle: BTreeSet<Module> = others
            .iter()
            .filter(|other| reached.get(**other).is_some_and(|back| back.contains(module)))
            .map(|other| (*other).clone())
            .collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn reach<'a>(
    from: &Module,
    imports: &'a BTreeMap<Module, BTreeSet<Module>>,
) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = imports[from].iter().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(&imports[module]);
        }
    }
    reached
}

fn imports(sources: &[(Module, String)]) -> BTreeMap<Module, BTreeSet<Module>> {
    let modules: BTreeSet<&Module> = sources.iter().map(|(module, _)| module).collect();
    let passed_on = passed_on(sources);
    let mut imports = BTreeMap::new();
    for (module, code) in sources {
        let mut named = BTreeSet::new();
        let children = modules.iter().filter(|child| child.starts_with(module));
        let children = children.filter_map(|child| child.get(module.len())).cloned();
        for path in paths(code, "", module).into_iter().chain(bare_paths(code, children, module)) {
            let target = owner(origin(&path, &modules, &passed_on), &modules);
            if !target.is_empty() && target != *module {
                named.insert(target);
            }
        }
        for path in paths(code, "pub use ", module) {
            named.remove(&owner(&path, &modules));
        }
        imports.insert(module.clone(), named);
    }
    imports
}

/// Where the names come from that a module passes on with `pub use`.
fn passed_on(sources: &[(Module, String)]) -> BTreeMap<Module, Module> {
    let mut origins = BTreeMap::new();
    for (module, code) in sources {
        for path in paths(code, "pub use ", module) {
            let name = path.last().unwrap().clone();
            origins.insert([module.clone(), vec![name]].concat(), path);
        }
    }
    origins
}

/// The path itself, or the one behind it where a folder only passes the name on.
fn origin<'a>(
    path: &'a [String],
    modules: &BTreeSet<&Module>,
    passed_on: &'a BTreeMap<Module, Module>,
) -> &'a [String] {
    let length = owner(path, modules).len() + 1;
    let behind = path.get(..length).and_then(|name| passed_on.get(name));
    behind.map_or(path, |behind| behind)
}

/// The file that holds what a path names.
fn owner(path: &[String], modules: &BTreeSet<&Module>) -> Module {
    let mut prefixes = (1..=path.len()).rev().filter_map(|length| path.get(..length));
    let owner = prefixes.find(|prefix| modules.contains(&prefix.to_vec()));
    owner.unwrap_or_default().to_vec()
}

/// Every path in `code` that begins with `crate`, `self` or `super` after `before`, from the crate.
fn paths(code: &str, before: &str, module: &Module) -> Vec<Module> {
    let mut found = Vec::new();
    for lead in ["crate::", "self::", "super::"] {
        for (at, _) in code.match_indices(lead) {
            let ahead = &code[..at];
            let inside = ahead.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if inside || !ahead.ends_with(before) {
                continue;
            }
            let mut base = if lead == "crate::" { Vec::new() } else { module.clone() };
            let mut rest = &code[at..];
            while let Some(up) = rest.strip_prefix("super::") {
                base.pop();
                rest = up;
            }
            rest = rest.trim_start_matches("crate::").trim_start_matches("self::");
            tree(&mut rest, &base, &mut found);
        }
    }
    found
}

/// The modules below this one that `code` names without `self`.
fn bare_paths(
    code: &str,
    children: impl Iterator<Item = String>,
    module: &Module,
) -> BTreeSet<Module> {
    let is_named = |child: &String| {
        let lead = format!("{child}::");
        code.match_indices(&lead).any(|(at, _)| {
            !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        })
    };
    children.filter(is_named).map(|child| [module.clone(), vec![child]].concat()).collect()
}

/// Reads `a::b`, `a::{b, c::d}` and adds each path; leaves `rest` behind it.
fn tree(rest: &mut &str, base: &Module, found: &mut Vec<Module>) {
    *rest = rest.trim_start();
    if let Some(inner) = rest.strip_prefix('{') {
        *rest = inner;
        loop {
            tree(rest, base, found);
            *rest = rest.trim_start_matches(|c| c != ',' && c != '}');
            let ended = rest.starts_with('}');
            *rest = rest.get(1..).unwrap_or_default();
            if ended || rest.is_empty() {
                return;
            }
        }
    }
    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, behind) = rest.split_at(length);
    *rest = behind;
    if name.is_empty() {
        return;
    }
    let path =
        if name == "self" { base.clone() } else { [base.clone(), vec![name.to_owned()]].concat() };
    match behind.strip_prefix("::") {
        Some(further) => {
            *rest = further;
            tree(rest, &path, found);
        }
        None => found.push(path),
    }
}

#[test]
fn circles_are_found() {
    let source = |module: &str, code: &str| {
        (module.split("::").map(str::to_owned).collect::<Module>(), code.to_owned())
    };
    let straight = [
        source("a", "pub use self::b::{B, C};"),
        source("a::b", "use crate::d::D;"),
        source("a::c", "use super::{B};"),
        source("d", ""),
    ];
    assert_eq!(circles(&straight), []);

    let bent = [
        source("a", "use self::b::B; pub use self::c::C;"),
        source("a::b", "fn f() { super::g() }"),
        source("a::c", "use crate::a::b::{self, B};"),
    ];
    let bare = [source("a", "fn f() { b::g() }"), source("a::b", "use super::f;")];
    assert_eq!(circles(&bare).len(), 1);
    let circle: BTreeSet<Module> = [bent[0].0.clone(), bent[1].0.clone()].into();
    assert_eq!(circles(&bent), [circle]);
}
