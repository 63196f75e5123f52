use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use futures_util::FutureExt;
use futures_util::future::join_all;

use super::*;

/// How long the tokens of these tests live, in seconds; and how long they serve.
const LIFE: u64 = 3_600;
const SERVICE: u64 = LIFE - RENEW_BEFORE.as_secs();

thread_local! {
    /// Seconds since the tests' clock began; each test has a thread of its own.
    static SECONDS: Cell<u64> = const { Cell::new(0) };
}

fn clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(SECONDS.get())
}

fn later(seconds: u64) -> SystemTime {
    clock() + Duration::from_secs(seconds)
}

fn wait(seconds: u64) {
    SECONDS.set(SECONDS.get() + seconds);
}

/// What a source does when it is asked.
#[derive(Clone, Copy)]
enum Answer {
    Token,
    Expired,
    Failure,
}

/// A source that numbers its answers, and how often it was asked.
struct Source {
    tokens: Arc<Tokens>,
    answer: tokio::sync::watch::Sender<Answer>,
    asked: Arc<AtomicU32>,
}

impl Source {
    fn new() -> Self {
        let (answer, answers) = tokio::sync::watch::channel(Answer::Token);
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let source: TokenSource = Box::new(move || {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            let answer = *answers.borrow();
            async move {
                // Others may ask meanwhile.
                tokio::task::yield_now().await;
                match answer {
                    Answer::Token => Ok(AccessToken::new(number.to_string(), later(LIFE))),
                    Answer::Expired => Ok(AccessToken::new(number.to_string(), clock())),
                    Answer::Failure => Err(TokenError::Transient("nobody is at home".to_owned())),
                }
            }
            .boxed()
        });
        Self { tokens: Arc::new(Tokens::with_clock(source, clock)), answer, asked }
    }

    fn will(&self, answer: Answer) {
        self.answer.send_replace(answer);
    }

    async fn token(&self) -> Result<String, String> {
        let token = self.tokens.current().await;
        token.map(|token| token.secret().to_owned()).map_err(|error| error.to_string())
    }

    fn times_asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_token_serves_until_it_has_little_to_live() {
    let source = Source::new();
    assert_eq!(source.token().await.unwrap(), "1");
    wait(SERVICE - 1);
    assert_eq!(source.token().await.unwrap(), "1");
    wait(1);
    assert_eq!(source.token().await.unwrap(), "2");
    assert_eq!(source.times_asked(), 2);
}

#[tokio::test]
async fn many_who_wait_are_served_by_one_asking() {
    let source = Source::new();
    for round in 1..=2 {
        let tokens = join_all((0..50).map(|_| source.token())).await;
        assert!(tokens.iter().all(|token| *token == Ok(round.to_string())), "{tokens:?}");
        assert_eq!(source.times_asked(), round);
        wait(LIFE);
    }
}

#[tokio::test]
async fn the_last_token_serves_while_the_source_fails_until_it_expires() {
    let source = Source::new();
    source.token().await.unwrap();
    source.will(Answer::Failure);
    wait(LIFE - 1);
    assert_eq!(source.token().await.unwrap(), "1");
    wait(1);
    assert_eq!(source.token().await.unwrap_err(), "nobody is at home");
    source.will(Answer::Token);
    assert_eq!(source.token().await.unwrap(), source.times_asked().to_string());
}

#[tokio::test]
async fn a_source_that_never_had_a_token_says_why() {
    let source = Source::new();
    source.will(Answer::Failure);
    assert_eq!(source.token().await.unwrap_err(), "nobody is at home");
}

#[tokio::test]
async fn a_token_that_comes_expired_is_an_error_and_is_not_kept() {
    let source = Source::new();
    source.will(Answer::Expired);
    assert!(source.token().await.unwrap_err().contains("expired"));
    source.will(Answer::Token);
    assert_eq!(source.token().await.unwrap(), "2");
}

/// Whoever asks may be dropped while the source is at it: the next one asks anew.
#[tokio::test]
async fn giving_up_leaves_the_way_free() {
    let source = Source::new();
    let tokens = Arc::clone(&source.tokens);
    assert!(tokens.current().now_or_never().is_none());
    assert_eq!(source.token().await.unwrap(), "2");
}

#[test]
fn a_token_does_not_print() {
    let token = AccessToken::new("the secret".to_owned(), later(LIFE));
    assert!(!format!("{token:?}").contains("secret"));
    let shown = format!("{:?}", Tokens::with_clock(Box::new(|| unreachable!()), clock));
    assert_eq!(shown, "Tokens");
}
