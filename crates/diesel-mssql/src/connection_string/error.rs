//! Why a text is no connection string.

/// Why a text is no connection string.
///
/// A sentence without its subject, so that the name of a setting or variable goes before it: "`DATABASE_URL` must
/// name a database, …". Holds words of this crate alone, never a piece of the text, which may be of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionStringError {
    /// Neither of the two forms.
    #[error("must look like mssql://user:password@host/database, or be an ADO.NET connection string")]
    Form,
    /// No host, or none that can be one.
    #[error("must name the server's host by letters, digits, hyphens and dots, or by an IP address")]
    Host,
    /// A port that is no number, or 0.
    #[error("must give a port from 1 to 65535 behind the host")]
    Port,
    /// No database.
    #[error("must name a database, as mssql://user:password@host/orders and Initial Catalog=orders do")]
    Database,
    /// A user without a password, or a password without a user.
    #[error("must give both a user and a password, or neither where an access token logs in")]
    Login,
    /// Characters where a URL has others, or bytes that are no text.
    #[error(
        "must be percent-encoded: in a user, a password or a name write %40 for @, %3A for :, %2F for /, %3F for ?, %23 for # and %25 for %"
    )]
    Encoding,
    /// A parameter of the URL that nobody knows.
    #[error("has a parameter that is none of ca, encrypt, trust and hostname{}", hint(*nearest))]
    Parameter {
        /// The known one that may be meant.
        nearest: Option<&'static str>,
    },
    /// A keyword of the connection string that nobody knows.
    #[error("has an unknown keyword{}{}", behind(*after), hint(*nearest))]
    Keyword {
        /// The known one before it, whose value may end too early.
        after: Option<&'static str>,
        /// The known one that may be meant.
        nearest: Option<&'static str>,
    },
    /// A quoted value that does not end, or goes on after its end.
    #[error(
        "has a quoted value that does not end, or that goes on behind its quotes: put the whole value in double quotes, and write each double quote inside it twice"
    )]
    Quotes,
    /// A keyword or parameter that is given again.
    #[error("gives {0} twice")]
    Twice(&'static str),
    /// A value that its keyword or parameter does not take.
    #[error("must say {wanted} for {word}")]
    Value {
        /// The keyword or parameter.
        word: &'static str,
        /// What it takes.
        wanted: &'static str,
    },
    /// A connection in the clear.
    #[error("turns encryption off, which is not supported: leave that out, or ask for strict")]
    Unencrypted,
    /// An authority to trust, and trust in everybody.
    #[error("must name a certificate's file or trust any certificate, not both")]
    Trust,
    /// A named instance, which would have to be asked for over UDP.
    #[error("names an instance, which is not looked up: give its port, as Server=tcp:host,1433 does")]
    Instance,
    /// Named pipes and other ways that are not TCP.
    #[error("must reach the server by TCP, as Server=tcp:host,1433 does")]
    Protocol,
    /// A way to log in that needs a person or their password.
    #[error(
        "asks for {0}, which is not supported: write Authentication=\"Active Directory Default\", or give a user and password of SQL Server's"
    )]
    Authentication(&'static str),
    /// A password where a token is used.
    #[error(
        "gives a password beside Active Directory, where an access token logs in: leave the password out"
    )]
    PasswordBesideToken,
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|word| format!("; did you mean {word}?")).unwrap_or_default()
}

fn behind(known: Option<&str>) -> String {
    known
        .map(|word| format!(" behind {word}, where a value that holds ; must stand in double quotes"))
        .unwrap_or_default()
}
