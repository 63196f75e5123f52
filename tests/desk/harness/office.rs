//! A desk at which people sign in, and the provider beside it.

use crate::harness::people::Browser;
use crate::harness::program::{Answer, Desk, Folder};
use crate::harness::provider::Provider;

/// What browsers here say to be.
const USER_AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// A desk and its provider.
pub struct Office {
    pub desk: Desk,
    pub provider: Provider,
}

impl Office {
    pub fn open() -> Self {
        Self::open_at(Provider::new())
    }

    pub fn open_at(provider: Provider) -> Self {
        let settings = provider.settings();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { desk: Folder::new().open_with(&settings), provider }
    }

    /// The provider's URL, and the cookie that the browser keeps on its way there.
    pub fn start(&self, path: &str) -> (String, String) {
        self.start_with(path, "")
    }

    /// The same with a browser that has cookies.
    pub fn start_with(&self, path: &str, cookie: &str) -> (String, String) {
        let answer = self.desk.get_with(path, &[("cookie", cookie)]);
        assert_eq!(answer.status, 303, "{}", answer.text());
        let [cookie] = &cookies(&answer)[..] else { panic!("{:?}", cookies(&answer)) };
        let (pair, how) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("__Host-orders-sign-in="), "{cookie}");
        assert_eq!(how, "Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure");
        (answer.location().to_owned(), pair.to_owned())
    }

    /// Comes back to the desk with a code.
    pub fn finish(&self, code: &str, state: &str, cookie: &str) -> Answer {
        self.come_back(&[("code", code), ("state", state)], cookie)
    }

    /// Comes back to the desk with an answer.
    pub fn come_back(&self, query: &[(&str, &str)], cookie: &str) -> Answer {
        let query = serde_urlencoded::to_string(query).unwrap();
        let headers = [("cookie", cookie), ("user-agent", USER_AGENT)];
        self.desk.get_with(&format!("/sign-in/callback?{query}"), &headers)
    }

    /// Goes all the way; how it ends.
    pub fn try_to_sign_in(&self, path: &str, more: &str) -> Answer {
        let (url, cookie) = self.start(path);
        let (code, state) = self.provider.consent(&url);
        self.finish(&code, &state, &format!("{cookie}{more}"))
    }

    pub fn sign_in(&self) -> Browser {
        browser(&self.try_to_sign_in("/sign-in/start", ""))
    }

    pub fn sessions(&self) -> i64 {
        self.desk.folder.database().number("SELECT COUNT(*) FROM sessions")
    }
}

pub fn cookies(answer: &Answer) -> Vec<String> {
    answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// Who is signed in by an answer.
pub fn browser(answer: &Answer) -> Browser {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let [session, sign_in] = &cookies(answer)[..] else { panic!("{:?}", cookies(answer)) };
    let (token, how) = session.strip_prefix("__Host-orders-session=").unwrap().split_once("; ").unwrap();
    assert_eq!((token.len(), how), (43, "Path=/; HttpOnly; SameSite=Lax; Secure"));
    assert!(sign_in.starts_with("__Host-orders-sign-in=; Path=/; Max-Age=0;"), "{sign_in}");
    Browser { token: token.to_owned() }
}

/// Asserts that nobody was signed in.
pub fn assert_nobody(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.page().says(words), "{}", answer.text());
    assert!(!cookies(answer).iter().any(|cookie| cookie.contains("session")), "{:?}", cookies(answer));
}
