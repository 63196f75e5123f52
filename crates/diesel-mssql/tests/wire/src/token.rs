//! Logging in with access tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use diesel_mssql::{AccessToken, ConnectError, ConnectOptions, Login, RetryClass, TokenError, Tokens};

use crate::queries::echo;
use crate::server::Server;

const HOUR: Duration = Duration::from_hours(1);

/// A source that hands out `token-1`, `token-2`, … and counts them.
struct Source {
    handed_out: Arc<AtomicUsize>,
    tokens: Arc<Tokens>,
}

impl Source {
    fn of_tokens_that_live(lifetime: Duration) -> Self {
        Self::new(move |nth| Ok(AccessToken::new(format!("token-{nth}"), SystemTime::now() + lifetime)))
    }

    fn new(hand_out: impl Fn(usize) -> Result<AccessToken, TokenError> + Send + Sync + 'static) -> Self {
        let handed_out = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&handed_out);
        let tokens = Tokens::new(Box::new(move || {
            let token = hand_out(count.fetch_add(1, Ordering::SeqCst) + 1);
            Box::pin(async move {
                tokio::task::yield_now().await;
                token
            })
        }));
        Self { handed_out, tokens: Arc::new(tokens) }
    }

    fn options(&self, server: &Server) -> ConnectOptions {
        ConnectOptions { login: Login::Token(Arc::clone(&self.tokens)), ..server.options() }
    }

    fn handed_out(&self) -> usize {
        self.handed_out.load(Ordering::SeqCst)
    }
}

fn tokens_at(server: &Server) -> Vec<String> {
    server.sessions().into_iter().filter_map(|session| session.token).collect()
}

#[tokio::test]
async fn the_source_s_token_arrives_at_the_server() {
    let server = Server::start().await;
    let source = Source::of_tokens_that_live(HOUR);
    let mut conn = source.options(&server).connect().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
    assert_eq!(tokens_at(&server), ["token-1"]);
}

#[tokio::test]
async fn a_token_longer_than_a_packet_arrives_whole() {
    let server = Server::start().await;
    let long = "eyJ0".repeat(1500);
    let secret = long.clone();
    let source = Source::new(move |_| Ok(AccessToken::new(secret.clone(), SystemTime::now() + HOUR)));
    let mut conn = source.options(&server).connect().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
    assert_eq!(tokens_at(&server), [long]);
}

#[tokio::test]
async fn a_token_that_lives_on_is_not_asked_for_again() {
    let server = Server::start().await;
    let source = Source::of_tokens_that_live(HOUR);
    let options = source.options(&server);
    let _together = tokio::try_join!(options.connect(), options.connect(), options.connect()).unwrap();
    let _later = options.connect().await.unwrap();
    assert_eq!(source.handed_out(), 1);
    assert_eq!(tokens_at(&server), ["token-1"; 4]);
}

#[tokio::test]
async fn a_token_about_to_expire_is_renewed_for_the_next_connection_and_the_older_one_works_on() {
    let server = Server::start().await;
    let source = Source::of_tokens_that_live(Duration::from_mins(1));
    let mut older = source.options(&server).connect().await.unwrap();
    let mut newer = source.options(&server).connect().await.unwrap();
    assert_eq!(tokens_at(&server), ["token-1", "token-2"]);
    assert_eq!(echo(&mut older, 1).await, Ok(1));
    assert_eq!(echo(&mut newer, 2).await, Ok(2));
}

#[tokio::test]
async fn the_last_token_serves_while_its_source_fails() {
    let server = Server::start().await;
    let source = Source::new(|nth| match nth {
        1 => Ok(AccessToken::new("token-1".to_owned(), SystemTime::now() + Duration::from_mins(1))),
        _ => Err(TokenError::Transient("the source is away".to_owned())),
    });
    for _ in 0..2 {
        source.options(&server).connect().await.unwrap();
    }
    assert_eq!(source.handed_out(), 2);
    assert_eq!(tokens_at(&server), ["token-1", "token-1"]);
}

#[tokio::test]
async fn without_a_token_there_is_no_connection_and_the_source_says_why() {
    let server = Server::start().await;
    let failing = Source::new(|_| Err(TokenError::Transient("the identity endpoint answers 403".to_owned())));
    let error = failing.options(&server).connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Token(_)), "{error:?}");
    assert_eq!(error.to_string(), "no access token: the identity endpoint answers 403");
    assert_eq!(error.retry_class(), RetryClass::Unavailable);
    assert!(server.sessions().is_empty());
}

#[tokio::test]
async fn a_token_that_has_expired_is_not_shown_to_anybody() {
    let server = Server::start().await;
    let late = Source::new(|_| Ok(AccessToken::new("token-1".to_owned(), SystemTime::now() - HOUR)));
    let error = late.options(&server).connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Token(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("token-1"), "{error:?}");
    assert!(server.sessions().is_empty());
}

#[tokio::test]
async fn nothing_prints_a_token() {
    let server = Server::start().await;
    let source = Source::of_tokens_that_live(HOUR);
    let options = source.options(&server);
    let conn = options.connect().await.unwrap();
    let token = source.tokens.current().await.unwrap();
    let printed =
        format!("{options:?} {options:#?} {:?} {:?} {token:?} {conn:?}", options.login, source.tokens);
    assert!(!printed.contains("token-1"), "{printed}");
}

#[tokio::test]
async fn a_source_that_says_nothing_is_not_waited_for_longer_than_connecting_may_take() {
    let server = Server::start().await;
    let tokens = Tokens::new(Box::new(|| Box::pin(std::future::pending())));
    let options = ConnectOptions {
        login: Login::Token(Arc::new(tokens)),
        connect_timeout: Duration::from_millis(100),
        ..server.options()
    };
    for _ in 0..2 {
        let error = options.connect().await.unwrap_err();
        assert!(matches!(error, ConnectError::TimedOut { .. }), "{error:?}");
    }
}
