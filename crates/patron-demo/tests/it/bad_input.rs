//! Which error for which request.

use patron_core::{Coded, ErrorCode};
use patron_demo::{DemoError, DemoOptions, generate};

fn refused(options: &DemoOptions) -> DemoError {
    let folder = tempfile::tempdir().unwrap();
    let error = generate(folder.path(), options, &mut |_, _| ()).unwrap_err();
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is written"
    );
    error
}

#[test]
fn a_shop_without_customers_or_with_too_many_is_refused() {
    for asked in [0, 100_000_001, u64::MAX] {
        let error = refused(&DemoOptions {
            customers: asked,
            ..DemoOptions::default()
        });
        assert!(matches!(error, DemoError::Customers { asked: found } if found == asked));
        assert_eq!(error.code(), ErrorCode::SettingInvalid);
    }
    let error = refused(&DemoOptions {
        customers: 0,
        ..DemoOptions::default()
    });
    assert_eq!(
        error.to_string(),
        "a demo shop has 1 to 100000000 customers, asked for 0"
    );
}

#[test]
fn a_shop_without_years_or_with_too_many_is_refused() {
    for asked in [0, 21, u32::MAX] {
        let error = refused(&DemoOptions {
            years: asked,
            ..DemoOptions::default()
        });
        assert!(matches!(error, DemoError::Years { asked: found } if found == asked));
        assert_eq!(error.params()[0], ("asked", asked.to_string()));
    }
}

#[test]
fn a_file_where_the_folder_should_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    std::fs::write(&file, "here").unwrap();
    let options = DemoOptions {
        customers: 1,
        orders_only: true,
        ..DemoOptions::default()
    };
    let error = generate(&file, &options, &mut |_, _| ()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::OutputUnwritable);
    assert_eq!(
        error.to_string(),
        format!("cannot write `{}`", file.display())
    );
}

#[test]
fn one_customer_is_a_shop() {
    let folder = tempfile::tempdir().unwrap();
    let options = DemoOptions {
        customers: 1,
        ..DemoOptions::default()
    };
    let summary = generate(folder.path(), &options, &mut |_, _| ()).unwrap();
    assert!(summary.orders >= 1);
}
