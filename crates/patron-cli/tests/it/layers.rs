//! Does every crate use only what ARCHITECTURE.md says it may?
//!
//! The page holds two tables between markers: layers (a row per crate: what it may use, what its tests may use besides)
//! and fences (outside parts that only some crates may use). Both are compared with what `cargo metadata` says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const PREFIX: &str = "patron-";

/// A row of the layer table; names without `patron-`.
#[derive(Debug, Default)]
struct Layer {
    place: usize,
    may_use: BTreeSet<String>,
    tests_may_use: BTreeSet<String>,
}

/// One dependency as a manifest declares it.
#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    only_for_tests: bool,
}

fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the cells of the body rows of the table between `<!-- name: begin -->` and `<!-- name: end -->`.
fn table(page: &str, name: &str) -> Vec<Vec<String>> {
    let begin = format!("<!-- {name}: begin -->");
    let end = format!("<!-- {name}: end -->");
    let from = page.find(&begin).expect("the page has the opening marker") + begin.len();
    let to = page.find(&end).expect("the page has the closing marker");
    let rows = page[from..to].lines().filter(|line| line.starts_with('|'));
    rows.skip(2) // heading and rule
        .map(|line| {
            let cells = line.trim().trim_start_matches('|').trim_end_matches('|');
            cells
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

fn names(cell: &str) -> BTreeSet<String> {
    let parts = cell.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn short(package: &str) -> Option<&str> {
    package.strip_prefix(PREFIX)
}

fn layers(page: &str) -> BTreeMap<String, Layer> {
    let rows = table(page, "layers").into_iter().enumerate();
    rows.map(|(place, cells)| {
        assert_eq!(cells.len(), 4, "a layer has four cells: {cells:?}");
        let layer = Layer {
            place,
            may_use: names(&cells[2]),
            tests_may_use: names(&cells[3]),
        };
        let name = short(&cells[0]).expect("a layer is a crate of ours");
        (name.to_owned(), layer)
    })
    .collect()
}

/// Returns the crates of the workspace and every dependency that their manifests declare.
fn declared() -> (BTreeSet<String>, Vec<Edge>) {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(workspace_root())
        .output()
        .expect("cargo runs");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata failed: {talk}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let mut crates = BTreeSet::new();
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let from = package["name"].as_str().expect("a package has a name");
        crates.insert(from.to_owned());
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            edges.push(Edge {
                from: from.to_owned(),
                to: dependency["name"].as_str().expect("a name").to_owned(),
                only_for_tests: dependency["kind"] == "dev",
            });
        }
    }
    (crates, edges)
}

fn page() -> String {
    std::fs::read_to_string(workspace_root().join("ARCHITECTURE.md")).expect("the page is there")
}

/// Returns what is wrong with the edges between our own crates.
fn layer_faults(layers: &BTreeMap<String, Layer>, edges: &[Edge]) -> Vec<String> {
    let mut faults = Vec::new();
    for edge in edges {
        let (Some(from), Some(to)) = (short(&edge.from), short(&edge.to)) else {
            continue;
        };
        let Some(layer) = layers.get(from) else {
            continue; // a crate without a row is a fault of its own, told once
        };
        let allowed =
            layer.may_use.contains(to) || edge.only_for_tests && layer.tests_may_use.contains(to);
        if !allowed {
            let kind = if edge.only_for_tests { "tests of " } else { "" };
            faults.push(format!("{kind}{from} may not use {to}"));
        }
    }
    faults
}

/// Returns what is wrong with the use of fenced outside parts.
fn fence_faults(fences: &[Vec<String>], edges: &[Edge]) -> Vec<String> {
    let mut faults = Vec::new();
    for cells in fences {
        let allowed = names(&cells[1]);
        for edge in edges {
            let inside = match cells[0].strip_suffix('*') {
                Some(beginning) => edge.to.starts_with(beginning),
                None => edge.to == cells[0],
            };
            let from = short(&edge.from).unwrap_or(&edge.from);
            if inside && !allowed.contains(from) {
                faults.push(format!("{from} may not use {}", edge.to));
            }
        }
    }
    faults
}

#[test]
fn every_crate_uses_only_what_the_architecture_page_says() {
    let (_, edges) = declared();
    let faults = layer_faults(&layers(&page()), &edges);
    assert!(
        faults.is_empty(),
        "change ARCHITECTURE.md or the crate: {faults:#?}"
    );
}

#[test]
fn every_crate_has_a_row_and_every_row_a_crate() {
    let (crates, _) = declared();
    let rows = layers(&page())
        .keys()
        .map(|name| format!("{PREFIX}{name}"))
        .collect();
    assert_eq!(
        crates, rows,
        "left: crates there are, right: rows of the page"
    );
}

#[test]
fn a_layer_uses_only_layers_above_it() {
    let layers = layers(&page());
    for (name, layer) in &layers {
        for used in &layer.may_use {
            let other = layers.get(used);
            let other = other.unwrap_or_else(|| panic!("{name} may use {used}, which has no row"));
            assert!(
                other.place < layer.place,
                "{name} stands above {used}, which it may use"
            );
        }
        for used in &layer.tests_may_use {
            assert!(
                layers.contains_key(used),
                "tests of {name} may use {used}, which has no row"
            );
        }
    }
}

#[test]
fn nothing_but_tests_uses_the_testkit() {
    let users: Vec<_> = declared()
        .1
        .into_iter()
        .filter(|edge| edge.to == "patron-testkit")
        .collect();
    assert!(users.iter().all(|edge| edge.only_for_tests), "{users:?}");
}

#[test]
fn heavy_parts_stay_behind_their_fences() {
    let (_, edges) = declared();
    let faults = fence_faults(&table(&page(), "fences"), &edges);
    assert!(
        faults.is_empty(),
        "change ARCHITECTURE.md or the crate: {faults:#?}"
    );
}

/// The checks above would also pass if they saw nothing: these edges are wrong, and must be told.
#[test]
fn a_wrong_edge_is_told() {
    let edge = |from: &str, to: &str, only_for_tests| Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        only_for_tests,
    };
    let edges = [
        edge("patron-core", "patron-engine", false),
        edge("patron-fold", "patron-testkit", false),
        edge("patron-fold", "patron-testkit", true),
        edge("patron-stats", "arrow-array", true),
    ];
    let expected = ["core may not use engine", "fold may not use testkit"];
    assert_eq!(layer_faults(&layers(&page()), &edges), expected);
    let expected = ["stats may not use arrow-array"];
    assert_eq!(fence_faults(&table(&page(), "fences"), &edges), expected);
}
