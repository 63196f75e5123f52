//! Signing in: out to the provider and back, once, within ten minutes, with one browser.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::session::later;
use super::sessions::Newcomer;
use super::token::is_same;
use super::{Identity, PendingSignIn, Provider, Roles, Session, Sessions, SignInError, Token};
use crate::clock::Clock;
use crate::db::{BegunSignIn, Db, DbError, KnownPerson, NewPerson, NewSignIn, SealedForm};
use crate::order::{ActorName, NamedPerson, Reason};

/// For a person to sign in at the provider (OAuth 2.0 Security BCP, RFC 9700, section 4.7.1).
pub const TO_SIGN_IN: Duration = Duration::from_mins(10);
/// For how long a form waits for its person to sign in again.
pub const FORM_WAITS: Duration = Duration::from_mins(15);

/// The provider at which people sign in, and the sessions that come of it.
pub struct SignIn {
    provider: Arc<Provider>,
    sessions: Sessions,
    db: Arc<Db>,
    clock: Clock,
}

/// A browser on its way to the provider.
pub struct Started {
    /// Where the provider asks people to sign in.
    pub url: String,
    /// What the browser keeps until it is back.
    pub token: Token,
}

/// What a browser brings back from the provider.
pub struct Returned<'a> {
    /// What it has kept.
    pub token: Option<Token>,
    pub state: &'a str,
    /// None where the provider signed nobody in.
    pub code: Option<&'a str>,
    /// The provider that says to have sent it.
    pub issuer: Option<&'a str>,
    pub client: Option<IpAddr>,
    /// What it is, in words.
    pub browser: Option<String>,
    /// Its session until now.
    pub session: Option<Token>,
}

/// Somebody whom the provider vouches for and who has a role: what a session is begun with.
pub struct Identified {
    /// Who it is at the desk.
    pub person: NamedPerson,
    /// Their roles until now; none, if they were never here.
    pub roles_before: Option<String>,
    pub roles: Roles,
    identity: Identity,
    /// Where they were going to.
    return_path: String,
    /// A form that waits in their browser.
    form: Option<SealedForm>,
}

/// Somebody who has signed in.
pub struct SignedIn {
    pub session: Session,
    /// What the browser keeps from now on.
    pub token: Token,
    /// Where they were going to.
    pub return_path: String,
    /// A form that waits in their browser, whoever's it is.
    pub form: Option<SealedForm>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInFailure {
    /// Not begun with this browser, over, or used already.
    #[error("no sign-in with this browser is under way")]
    NotBegun,
    /// The provider says that it signed nobody in.
    #[error("the provider signed nobody in")]
    Declined,
    #[error(transparent)]
    Provider(#[from] SignInError),
    /// The provider vouches for them, and none of their roles is one here.
    #[error("{} has no role at the desk", .0.subject)]
    NoRole(Identity),
    /// Somebody has disabled them.
    #[error("{} is disabled at the desk", .0.subject)]
    Disabled(Identity),
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("the operating system has no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl SignInFailure {
    /// Why nobody was let in; none where the desk failed.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::NotBegun => Some(Reason::NotBegun),
            Self::Declined => Some(Reason::Declined),
            Self::Provider(SignInError::ProviderAway(_)) => Some(Reason::ProviderAway),
            Self::Provider(SignInError::Refused(_)) => Some(Reason::NotBelieved),
            Self::Provider(SignInError::TooManyGroups) => Some(Reason::TooManyGroups),
            Self::NoRole(_) => Some(Reason::NoRole),
            Self::Disabled(_) => Some(Reason::Disabled),
            Self::Database(_) | Self::Random(_) => None,
        }
    }
}

impl SignIn {
    pub fn new(provider: Arc<Provider>, sessions: Sessions, db: Arc<Db>, clock: Clock) -> Self {
        Self { provider, sessions, db, clock }
    }

    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Begins a sign-in of somebody who was going to a path of the desk, with a browser that may have begun another one.
    pub async fn start(&self, return_path: String, before: Option<&Token>) -> Result<Started, SignInFailure> {
        let (url, pending) = self.provider.begin().await?;
        let token = self.keep(pending, return_path, before, None).await?;
        Ok(Started { url, token })
    }

    /// Has a form wait in a browser until its person has signed in: what the browser keeps.
    pub async fn keep_form(
        &self,
        form: SealedForm,
        return_path: String,
        before: Option<&Token>,
    ) -> Result<Token, SignInFailure> {
        self.keep(PendingSignIn::unsent(), return_path, before, Some(form)).await
    }

    /// The form that waits in a browser, whoever's it is.
    pub async fn waiting_form(&self, token: &Token) -> Result<Option<SealedForm>, DbError> {
        self.db.find_waiting_form(token.hash(), self.clock.utc()).await
    }

    async fn keep(
        &self,
        PendingSignIn { state, nonce, verifier }: PendingSignIn,
        return_path: String,
        before: Option<&Token>,
        form: Option<SealedForm>,
    ) -> Result<Token, SignInFailure> {
        let (token, at) = (Token::generate()?, self.clock.utc());
        let (token_hash, replaces) = (token.hash(), before.map(Token::hash));
        let ends_at = later(at, TO_SIGN_IN);
        let sign_in =
            NewSignIn { token_hash, state, nonce, verifier, return_path, at, ends_at, replaces, form };
        self.db.insert_sign_in(sign_in).await?;
        Ok(token)
    }

    /// Who comes back from the provider. Whatever comes of it, the sign-in is used up.
    pub async fn identify(&self, returned: &Returned<'_>) -> Result<Identified, SignInFailure> {
        let begun = self.claim(returned.token.as_ref()).await?;
        let BegunSignIn { state, nonce, verifier, return_path, form } = begun;
        // Else it is the answer to a sign-in that another browser has begun.
        if !is_same(&state, returned.state) {
            return Err(SignInFailure::NotBegun);
        }
        self.provider.check_sender(returned.issuer).await?;
        let Some(code) = returned.code else { return Err(SignInFailure::Declined) };
        let identity = self.provider.finish(code, PendingSignIn { state, nonce, verifier }).await?;
        let Some(roles) = Roles::new(identity.roles.iter().copied()) else {
            return Err(SignInFailure::NoRole(identity));
        };
        let known = self.find(&identity).await?;
        if known.as_ref().is_some_and(|person| person.is_disabled) {
            return Err(SignInFailure::Disabled(identity));
        }
        let id = match &known {
            Some(person) => person.id,
            None => self.db.insert_person(self.new_person(&identity)).await?,
        };
        let person = NamedPerson { id, name: ActorName::of_person(&identity.name) };
        let roles_before = known.and_then(|person| person.last_roles);
        Ok(Identified { person, roles_before, roles, identity, return_path, form })
    }

    /// Begins the session of somebody who came back.
    pub async fn begin(
        &self,
        identified: Identified,
        returned: Returned<'_>,
    ) -> Result<SignedIn, SignInFailure> {
        let Identified { roles, identity, return_path, form, .. } = identified;
        let token = Token::generate()?;
        let newcomer = Newcomer {
            identity: &identity,
            roles: &roles,
            client: returned.client,
            browser: returned.browser,
            replaced: returned.session.as_ref(),
        };
        match self.sessions.begin(&token, newcomer).await? {
            Some(session) => Ok(SignedIn { session, token, return_path, form }),
            None => Err(SignInFailure::Disabled(identity)),
        }
    }

    /// Who it is at the desk; none if they were never here.
    pub async fn find(&self, identity: &Identity) -> Result<Option<KnownPerson>, DbError> {
        self.db.find_known_person(identity.issuer.clone(), identity.subject.clone()).await
    }

    fn new_person(&self, Identity { issuer, subject, name, .. }: &Identity) -> NewPerson {
        NewPerson {
            issuer: issuer.clone(),
            subject: subject.clone(),
            name: ActorName::of_person(name).as_str().to_owned(),
            at: self.clock.utc(),
        }
    }

    async fn claim(&self, token: Option<&Token>) -> Result<BegunSignIn, SignInFailure> {
        let Some(token) = token else { return Err(SignInFailure::NotBegun) };
        let mut claim = [0; 8];
        getrandom::fill(&mut claim)?;
        let claimed =
            self.db.claim_sign_in(token.hash(), i64::from_le_bytes(claim), self.clock.utc()).await?;
        claimed.ok_or(SignInFailure::NotBegun)
    }
}
