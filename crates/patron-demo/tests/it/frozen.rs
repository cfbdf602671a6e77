//! The freeze: checksums of a small shop. They were made by this crate and say nothing about whether the shop is right,
//! only that it has not changed: what later parts measure against the truth stays comparable. If one differs, either a
//! machine computes differently (a defect: see `draw.rs`) or the parameters or the process were changed, which is a
//! "Results changed" entry in CHANGELOG.md.

use patron_demo::{DemoOptions, generate};
use sha2::{Digest, Sha256};

const FROZEN: [(&str, &str); 15] = [
    (
        "orders.csv",
        "87b6f5b920ad5a37ce9d00a1d62d47915f350e9244c2db7344873c8f1086be69",
    ),
    (
        "order_lines.csv",
        "ea80feeb5ce526a3f02ea3f2bd32ec168b530eb045b175c25b9df9f57d82ecc0",
    ),
    (
        "refunds.csv",
        "f216a6ce7d66dd26ffd634d956911b676f30b8c1e583f6a9cdbf7b00c3a66b0a",
    ),
    (
        "customers.csv",
        "2a8fe76633b505001ad0cd982cdafdcfec6551569c65df15795883c42bdbbac4",
    ),
    (
        "events.csv",
        "5bd738ec68aa01a8eed70e66d570cca1724b9a12134403c38f6e3f1b16110340",
    ),
    (
        "surveys.csv",
        "5d8f4105fee5a409b2f8ac3d099de831a3719f59cb600ad7f6e0f2ac1ab34027",
    ),
    (
        "campaign_members.csv",
        "5556adeb86ddf2c1ccd35dc62ff2dfc4a33214f92585b09fc6c2b38553b93f7e",
    ),
    (
        "products.csv",
        "96c44684931e34584e1a13b52dd663615731114246103849cfbc169b7e292b4d",
    ),
    (
        "spend.csv",
        "8fad4d7ffc40fb94efc55ce804c3fbc401d3ea4fe493306d0871582c61ae760c",
    ),
    (
        "shop_log.csv",
        "b84e80bd89933076536f25b524f1681251d404faff682dd152d584fdbf3d8394",
    ),
    (
        "campaigns.csv",
        "c4a91d9e33884d28cd3c8b0f2a26974ec3b1e236e2444cc40900046e7b385469",
    ),
    (
        "truth/parameters.json",
        "b37ff81b066ca5f64e26dcd35c305e85c6e42719cc2ae7aa581f52814375585c",
    ),
    (
        "truth/customers.csv",
        "4d9c20de43fc89fb523e653ff6815a8d1fd25e82a02724e599774bf786a6d55b",
    ),
    (
        "truth/future_orders.csv",
        "583ebb9000b453937ebd1b4fcd19f5529bd25d33cccbf4a2d0f426232b035361",
    ),
    (
        "truth/campaigns.csv",
        "590fd8af8f6e9bc020acc438efd379436683a6cc217d52f475b3535f65be25dd",
    ),
];

#[test]
fn the_small_shop_has_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let options = DemoOptions {
        customers: 500,
        seed: 1,
        years: 3,
        orders_only: false,
    };
    let summary = generate(folder.path(), &options, &mut |_, _| ()).unwrap();
    let found: Vec<(String, String)> = summary
        .files
        .iter()
        .map(|file| {
            let name = file.path.strip_prefix(folder.path()).unwrap();
            let digest = Sha256::digest(std::fs::read(&file.path).unwrap());
            let hexadecimal = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            (name.display().to_string().replace('\\', "/"), hexadecimal)
        })
        .collect();
    let frozen: Vec<(String, String)> = FROZEN
        .iter()
        .map(|(name, digest)| ((*name).to_owned(), (*digest).to_owned()))
        .collect();
    assert_eq!(found, frozen);
}
