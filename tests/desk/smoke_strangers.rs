//! `orders smoke` against what is no order desk: it ends soon, and says what is wrong in a line.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::harness::program::PATIENCE;
use crate::smoke::Told;

/// A server that reads what comes first, and then does as it likes.
fn stranger(act: impl Fn(&mut TcpStream) + Send + Sync + Copy + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut caller in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                // Some of a request is enough to know that it came.
                if caller.read(&mut [0; 4096]).is_ok() {
                    act(&mut caller);
                }
            });
        }
    });
    format!("http://{address}")
}

/// Says something; the other may have hung up.
fn say(caller: &mut TcpStream, text: &str) {
    drop(caller.write_all(text.as_bytes()));
}

fn assert_failed(url: &str, words: &str) {
    let began = Instant::now();
    let told = Told::of(&[url, "--wait", "0", "--timeout", "1"]);
    told.assert_failed("health", words);
    assert!(told.stderr.ends_with("the others were not made.\n"), "{}", told.stderr);
    assert!(began.elapsed() < PATIENCE / 2, "it took {:?}", began.elapsed());
}

#[test]
fn other_servers_are_told_from_desks() {
    let hello = stranger(|caller| {
        say(
            caller,
            "HTTP/1.1 200 OK\r\nserver: nginx\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
        );
    });
    assert_failed(&hello, "this is no order desk: /healthz answers with something else");
    let nothing_here = stranger(|caller| {
        say(caller, "HTTP/1.1 404 No\r\nserver: ng\x1binx\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    assert_failed(&nothing_here, "no whole answer");
    let nothing_here = stranger(|caller| {
        say(caller, "HTTP/1.1 404 No\r\nserver: nginx/1.2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    assert_failed(&nothing_here, "this is no order desk: /healthz answers 404 (by nginx/1.2)");
    let moved = stranger(|caller| {
        say(caller, "HTTP/1.1 301 No\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
    });
    assert_failed(&moved, "answers 301 and leads to http://127.0.0.1:1/");
}

#[test]
fn what_is_no_http_is_told() {
    assert_failed(
        &stranger(|caller| say(caller, "SSH-2.0-OpenSSH_10.0\r\n")),
        "what came is no whole answer",
    );
    assert_failed(&stranger(|_| {}), "what came is no whole answer");
    let cut = stranger(|caller| say(caller, "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nok"));
    assert_failed(&cut, "what came is no whole answer");
}

#[test]
fn nobody_is_waited_for_beyond_the_bounds() {
    let silent = stranger(|caller| drop(caller.read_to_end(&mut Vec::new())));
    assert_failed(&silent, "no whole answer within 1 s");
    let drop_by_drop = stranger(|caller| {
        say(caller, "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
        while caller.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_failed(&drop_by_drop, "no whole answer within 1 s");
    let endless = stranger(|caller| {
        say(caller, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while caller.write_all(&[b'x'; 8192]).is_ok() {}
    });
    let told = Told::of(&[&endless, "--wait", "0", "--timeout", "20"]);
    told.assert_failed("health", "the answer is longer than any of a desk's");
    let began = Instant::now();
    let told = Told::of(&[&silent, "--wait", "0", "--timeout", "60", "--deadline", "1"]);
    told.assert_failed("health", "not done when the time for the whole test was over");
    assert!(began.elapsed() < PATIENCE / 2);
}

#[test]
fn nobody_at_all_is_told() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_failed(&url, "nobody answers at 127.0.0.1, port");
    assert_failed("http://desk.invalid", "there is no host desk.invalid");
}
