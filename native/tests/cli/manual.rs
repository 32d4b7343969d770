//! The operator's page: its commands run, in order, in an empty directory.

use crate::kit::Place;

/// The fenced `sh` blocks of a page.
fn scripts(page: &str) -> Vec<String> {
    let mut scripts = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == "```sh") {
        let script: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        scripts.push(script.join("\n"));
    }
    scripts
}

#[test]
fn the_commands_of_the_operators_page_run() {
    let scripts = scripts(include_str!("../../README.md"));
    assert!(scripts.len() >= 8, "only {} blocks", scripts.len());
    let place = Place::new();
    for script in scripts {
        let output = place.run(&format!("set -e\n{script}"), "");
        assert!(
            output.status.success(),
            "{script}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
