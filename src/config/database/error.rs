//! Why a text names no database.

/// Why a text names no database, said so that the setting's name goes before it.
///
/// Holds words of this program alone, never a piece of the text, which may be of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// None of the three forms.
    #[error(
        "must look like sqlite:orders.db, mssql://user:password@host/database, or an ADO.NET connection string"
    )]
    Form,
    /// `sqlite:` without a file that stays.
    #[error("must name a file, as sqlite:orders.db does")]
    File,
    /// No host, or none that can be one.
    #[error("must name the server's host by letters, digits, hyphens and dots, or by an IP address")]
    Host,
    #[error("must give a port from 1 to 65535 behind the host")]
    Port,
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
    Parameter { nearest: Option<&'static str> },
    /// A keyword of the connection string that nobody knows.
    #[error("has an unknown keyword{}{}", behind(*after), hint(*nearest))]
    Keyword {
        /// The known one before it, whose value may end too early.
        after: Option<&'static str>,
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
    Value { word: &'static str, wanted: &'static str },
    #[error("turns encryption off, which the desk never does: leave that out, or ask for strict")]
    Unencrypted,
    /// An authority to trust, and trust in everybody.
    #[error("must name a certificate's file or trust any certificate, not both")]
    Trust,
    /// A named instance, which would have to be asked for over UDP.
    #[error(
        "names an instance, which the desk does not look up: give its port, as Server=tcp:host,1433 does"
    )]
    Instance,
    /// Named pipes and other ways that are not TCP.
    #[error("must reach the server by TCP, as Server=tcp:host,1433 does")]
    Protocol,
    /// A way to log in that needs a person or their password.
    #[error(
        "asks for {0}, which the desk does not do: write Authentication=\"Active Directory Default\", or give a user and password of SQL Server's"
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
