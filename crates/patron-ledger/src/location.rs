//! Where a ledger lives: the folder of its data files and the database of its catalogue.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where the catalogue's tables are.
#[derive(Clone, PartialEq, Eq)]
pub enum CatalogueAddress {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, `postgres://user:password@host:port/database`.
    Postgres(String),
}

/// Where a ledger lives. It shows itself without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    folder: PathBuf,
    catalogue: CatalogueAddress,
}

impl Location {
    /// Returns the place of a ledger inside a workspace: `ledger.db` beside `ledger/`.
    #[must_use]
    pub fn in_workspace(workspace: &Path) -> Self {
        Self {
            folder: workspace.join("ledger"),
            catalogue: CatalogueAddress::Sqlite(workspace.join("ledger.db")),
        }
    }

    /// Returns the place of a ledger with these data files and this catalogue.
    #[must_use]
    pub const fn new(folder: PathBuf, catalogue: CatalogueAddress) -> Self {
        Self { folder, catalogue }
    }

    /// Returns the folder of the data files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns where the catalogue is.
    #[must_use]
    pub const fn catalogue(&self) -> &CatalogueAddress {
        &self.catalogue
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.catalogue.fmt(f)
    }
}

impl fmt::Display for CatalogueAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for CatalogueAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the address with neither user, password nor parameters, any of which may hold a secret.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let rest = rest.split('?').next().unwrap_or(rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_ever_shown() {
        for url in [
            "postgres://anna:se@cret@db.example:5432/shop",
            "postgres://db.example:5432/shop?user=anna&password=secret",
        ] {
            let address = CatalogueAddress::Postgres(url.to_owned());
            let location = Location::new("ledger".into(), address);
            for shown in [location.to_string(), format!("{location:?}")] {
                assert!(!shown.contains("cret"), "{shown}");
                assert!(shown.contains("db.example:5432/shop"), "{shown}");
            }
        }
    }
}
