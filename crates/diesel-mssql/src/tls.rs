//! How a connection is encrypted, and whom it trusts.

use std::path::PathBuf;

/// How a connection is encrypted. There is no way to do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// TLS within the first packets of TDS 7.4, which every SQL Server since 2012 can do.
    #[default]
    Required,
    /// TLS before anything else (TDS 8.0), as SQL Server 2022 and Azure SQL can do.
    Strict,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// Those of Mozilla's certificate authorities, which are inside the program.
    #[default]
    WebRoots,
    /// Those, and what the authority in this file has signed (PEM or DER).
    Ca(PathBuf),
    /// Any: somebody in between can read and change everything. For development only.
    Any,
}
