//! `cargo xtask licences`: the rules of `deny.toml`, without a network or an installed tool.

mod rules;
mod spdx;

use serde_json::Value;

use crate::shell::{self, Failure, Outcome};
use rules::Rules;

const RULES_FILE: &str = "deny.toml";

/// One resolved package, as `cargo metadata` describes it.
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    licence: Option<&'a str>,
    /// Where it comes from; nothing for a path.
    source: Option<&'a str>,
    is_member: bool,
}

/// Holds every dependency, on every platform, with every feature, against `deny.toml`.
pub(crate) fn check() -> Outcome {
    let rules = Rules::parse(&shell::read(RULES_FILE)?)
        .map_err(|error| Failure::new(format!("{RULES_FILE}: {error}")))?;
    let metadata: Value = serde_json::from_str(&metadata()?)
        .map_err(|error| Failure::new(format!("cargo metadata wrote invalid JSON: {error}")))?;
    let packages = packages(&metadata)?;
    let problems = problems(&rules, &packages);
    if problems.is_empty() {
        println!("{} packages, all within {RULES_FILE}", packages.len());
        return Ok(());
    }
    Err(Failure::new(format!("{RULES_FILE} forbids:\n  {}", problems.join("\n  "))))
}

/// From the download cache alone if it is complete, else with what cargo has to fetch: packages
/// of other platforms are never built here, but they are checked.
fn metadata() -> Outcome<String> {
    let arguments = ["metadata", "--format-version", "1", "--all-features", "--locked"];
    let mut offline = shell::cargo();
    offline.args(arguments).arg("--offline");
    let complete = offline.output().ok().filter(|output| output.status.success());
    if let Some(text) = complete.and_then(|output| String::from_utf8(output.stdout).ok()) {
        return Ok(text);
    }
    shell::output(shell::cargo().args(arguments))
}

fn packages(metadata: &Value) -> Outcome<Vec<Package<'_>>> {
    let incomplete = || Failure::new("cargo metadata lacks a field that this check reads");
    let list = |key: &str| metadata.get(key).and_then(Value::as_array).ok_or_else(incomplete);
    let members = list("workspace_members")?;
    let package = |package| {
        let text = |key: &str| Value::get(package, key).and_then(Value::as_str);
        Some(Package {
            name: text("name")?,
            version: text("version")?,
            licence: text("license"),
            source: text("source"),
            is_member: members.contains(package.get("id")?),
        })
    };
    list("packages")?.iter().map(|value| package(value).ok_or_else(incomplete)).collect()
}

fn problems(rules: &Rules, packages: &[Package<'_>]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        let name = format!("{} {}", package.name, package.version);
        match package.licence.map(|expression| rules.allow(expression)) {
            None => problems.push(format!("{name} names no licence")),
            Some(Ok(true)) => {}
            Some(Ok(false)) => problems.push(format!(
                "{name} is under `{}`, which the allowed licences do not satisfy",
                package.licence.unwrap_or_default()
            )),
            Some(Err(error)) => problems.push(format!("{name}: {error}")),
        }
        match package.source {
            None if package.is_member => {}
            None => problems.push(format!("{name} is a path outside the workspace")),
            Some(source) if rules.is_known_registry(source) => {}
            Some(source) => problems.push(format!("{name} comes from {source}")),
        }
        if rules.banned.iter().any(|banned| banned == package.name) {
            problems.push(format!("{name} is banned"));
        }
    }
    for single in &rules.single_version {
        let count = packages.iter().filter(|package| package.name == single).count();
        if count > 1 {
            problems.push(format!("{single} is there in {count} versions, allowed is one"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
        [licenses]
        allow = ["MIT"]
        [bans]
        deny = [{ crate = "blake3", deny-multiple-versions = true }, { crate = "ring" }]
        [sources]
        allow-registry = ["https://example.org/index"]
    "#;

    fn found(packages: &[(&str, Option<&str>, Option<&str>)]) -> Vec<String> {
        let packages: Vec<_> = packages
            .iter()
            .map(|&(name, licence, source)| Package {
                name,
                version: "1.0.0",
                licence,
                source,
                is_member: name == "ours",
            })
            .collect();
        problems(&Rules::parse(RULES).unwrap(), &packages)
    }

    const REGISTRY: Option<&str> = Some("registry+https://example.org/index");
    const MIT: Option<&str> = Some("MIT");

    #[test]
    fn members_and_registry_packages_with_allowed_licences_pass() {
        let packages = [("ours", MIT, None), ("blake3", Some("GPL-3.0-only OR MIT"), REGISTRY)];
        assert_eq!(found(&packages), [""; 0]);
    }

    #[test]
    fn each_rule_names_the_package_that_breaks_it() {
        let cases = [
            (("a", None, REGISTRY), "a 1.0.0 names no licence"),
            (
                ("a", Some("MIT AND GPL-3.0-only"), REGISTRY),
                "a 1.0.0 is under `MIT AND GPL-3.0-only`, which the allowed licences do not satisfy",
            ),
            (("a", MIT, None), "a 1.0.0 is a path outside the workspace"),
            (
                ("a", MIT, Some("git+https://example.org/index")),
                "a 1.0.0 comes from git+https://example.org/index",
            ),
            (
                ("a", MIT, Some("registry+https://example.org/other")),
                "a 1.0.0 comes from registry+https://example.org/other",
            ),
            (("ring", MIT, REGISTRY), "ring 1.0.0 is banned"),
        ];
        for (package, expected) in cases {
            assert_eq!(found(&[package]), [expected]);
        }
    }

    #[test]
    fn a_second_version_is_refused_where_one_is_allowed() {
        let twice = [("blake3", MIT, REGISTRY), ("blake3", MIT, REGISTRY)];
        assert_eq!(found(&twice), ["blake3 is there in 2 versions, allowed is one"]);
        assert_eq!(found(&[("syn", MIT, REGISTRY), ("syn", MIT, REGISTRY)]), [""; 0]);
    }

    #[test]
    fn packages_reads_what_cargo_writes() {
        let metadata = serde_json::json!({
            "workspace_members": ["path+ours"],
            "packages": [
                {"id": "path+ours", "name": "ours", "version": "0.1.0", "license": "MIT", "source": null},
                {"id": "x", "name": "other", "version": "2.0.0", "license": null, "source": "git+x"},
            ],
        });
        let packages = packages(&metadata).unwrap();
        let [ours, other] = packages.as_slice() else { panic!("two packages") };
        assert!(ours.is_member && ours.source.is_none() && ours.licence == Some("MIT"));
        assert!(!other.is_member && other.source == Some("git+x") && other.licence.is_none());
        assert!(super::packages(&serde_json::json!({"packages": []})).is_err());
    }
}
