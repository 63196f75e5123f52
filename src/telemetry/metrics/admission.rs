//! Who was let in, and who was not: sign-ins by what came of them, and requests that were refused.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Label;

/// Sign-ins and refusals, counted. Nothing of who asked is in them.
#[derive(Debug, Clone)]
pub(super) struct Admission {
    sign_ins: Family<Label, Counter>,
    refused: Family<Label, Counter>,
}

/// What came of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInResult {
    SignedIn,
    /// Not begun with this browser, used already, or too old.
    Over,
    /// The provider says that it signed nobody in.
    Declined,
    /// What the provider says is not believed, or it refuses the desk.
    Refused,
    /// The provider vouches for them, and they have no role here.
    NoRole,
    /// Somebody has disabled them at the desk.
    Disabled,
    /// The provider does not answer.
    ProviderAway,
    /// The desk itself could not go on, as without its database.
    Failed,
}

/// Why a request was refused because of who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRefusal {
    /// A stranger's, for what takes somebody who has signed in; those who were led to the sign-in are not among them.
    NotSignedIn,
    /// Somebody's whose roles do not allow it.
    NotAllowed,
    /// A change that another site's page sent, or that nobody can tell from one.
    OtherSite,
}

impl SignInResult {
    const ALL: [Self; 8] = [
        Self::SignedIn,
        Self::Over,
        Self::Declined,
        Self::Refused,
        Self::NoRole,
        Self::Disabled,
        Self::ProviderAway,
        Self::Failed,
    ];

    fn label(self) -> Label {
        let result = match self {
            Self::SignedIn => "signed_in",
            Self::Over => "over",
            Self::Declined => "declined",
            Self::Refused => "refused",
            Self::NoRole => "no_role",
            Self::Disabled => "disabled",
            Self::ProviderAway => "provider_away",
            Self::Failed => "failed",
        };
        [("result", result)]
    }
}

impl RequestRefusal {
    const ALL: [Self; 3] = [Self::NotSignedIn, Self::NotAllowed, Self::OtherSite];

    fn label(self) -> Label {
        let reason = match self {
            Self::NotSignedIn => "not_signed_in",
            Self::NotAllowed => "not_allowed",
            Self::OtherSite => "other_site",
        };
        [("reason", reason)]
    }
}

impl Admission {
    /// With every series there from the start, so that each shows its first increase, too.
    pub(super) fn new() -> Self {
        let admission = Self { sign_ins: Family::default(), refused: Family::default() };
        for result in SignInResult::ALL {
            drop(admission.sign_ins.get_or_create(&result.label()));
        }
        for refusal in RequestRefusal::ALL {
            drop(admission.refused.get_or_create(&refusal.label()));
        }
        admission
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("sign_ins", "Sign-ins by what came of them", self.sign_ins.clone());
        registry.register(
            "requests_refused",
            "Requests refused because of who sent them, by the reason",
            self.refused.clone(),
        );
    }

    pub(super) fn count_sign_in(&self, result: SignInResult) {
        self.sign_ins.get_or_create(&result.label()).inc();
    }

    pub(super) fn count_refused(&self, refusal: RequestRefusal) {
        self.refused.get_or_create(&refusal.label()).inc();
    }
}
