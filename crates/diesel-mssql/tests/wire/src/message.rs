//! Messages, as bytes: reading them, looking into them, sending them in pieces.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_native_tls::TlsStream;

/// The bytes before what a packet holds; the first is its kind.
pub const HEADER: usize = 8;
pub const BATCH: u8 = 0x01;
pub const CALL: u8 = 0x03;
pub const LOGIN: u8 = 0x10;
pub const PRELOGIN: u8 = 0x12;

/// How answers are sent.
#[derive(Clone, Default)]
pub enum Delivery {
    #[default]
    Whole,
    /// So many bytes of them, and then a proper goodbye.
    CutAfter(usize),
    /// In small packets, a few bytes for each permit; all the rest when the semaphore is closed.
    Paced(Arc<Semaphore>),
}

/// The next message, as if it had come in a single packet.
pub async fn read(wire: &mut TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut header = [0; HEADER];
        wire.read_exact(&mut header).await.ok()?;
        let mut body = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]])) - HEADER];
        wire.read_exact(&mut body).await.ok()?;
        if message.is_empty() {
            message.extend(header);
        }
        message.extend(body);
        if header[1] & 1 == 1 {
            let length = u16::try_from(message.len()).expect("a message of a test is short");
            message[1] = 1;
            message[2..4].copy_from_slice(&length.to_be_bytes());
            return Some(message);
        }
    }
}

/// Sends a reply; none if the connection is at its end.
pub async fn deliver(wire: &mut TlsStream<TcpStream>, reply: &[u8], delivery: Delivery) -> Option<()> {
    match delivery {
        Delivery::CutAfter(bytes) if bytes < reply.len() => {
            wire.write_all(&reply[..bytes]).await.ok()?;
            wire.shutdown().await.ok()?;
            None
        }
        Delivery::Whole | Delivery::CutAfter(_) => wire.write_all(reply).await.ok(),
        Delivery::Paced(pace) => {
            for piece in in_small_packets(reply).chunks(5) {
                if let Ok(permit) = pace.acquire().await {
                    permit.forget();
                }
                wire.write_all(piece).await.ok()?;
                wire.flush().await.ok()?;
            }
            Some(())
        }
    }
}

/// The same message, in packets so small that rows and tokens lie across them.
fn in_small_packets(message: &[u8]) -> Vec<u8> {
    let (header, body) = message.split_at(HEADER);
    let mut packets = Vec::new();
    let mut chunks = body.chunks(19).peekable();
    while let Some(chunk) = chunks.next() {
        let length = u16::try_from(HEADER + chunk.len()).unwrap();
        packets.extend([header[0], u8::from(chunks.peek().is_none())]);
        packets.extend(length.to_be_bytes());
        packets.extend(&header[4..]);
        packets.extend(chunk);
    }
    packets
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Whether a text is in it.
pub fn holds(message: &[u8], text: &str) -> bool {
    let text = utf16(text);
    message.windows(text.len()).any(|window| window == text)
}

/// The value of a call's last parameter, an INT.
pub fn last_number(message: &[u8]) -> i32 {
    i32::from_le_bytes(*message.last_chunk().unwrap())
}

/// User and password of a login; the password is only disguised ([MS-TDS] 2.2.6.4).
pub fn credentials(message: &[u8]) -> (String, String) {
    let body = &message[HEADER..];
    let number = |at: usize| usize::from(u16::from_le_bytes([body[at], body[at + 1]]));
    let field = |at: usize| body[number(at)..][..2 * number(at + 2)].to_vec();
    let text = |bytes: Vec<u8>| {
        String::from_utf16(
            &bytes.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect::<Vec<_>>(),
        )
        .unwrap()
    };
    let plain = field(44).into_iter().map(|byte| (byte ^ 0xA5).rotate_left(4)).collect();
    (text(field(40)), text(plain))
}
