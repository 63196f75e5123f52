//! HTTP as bytes on a connection, for what no ordinary client would send.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use crate::harness::program::{Answer, PATIENCE};

/// A connection to the desk.
pub struct Wire(BufReader<TcpStream>);

impl Wire {
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address)?)
    }

    /// Connects as a client of another address of this machine.
    pub fn connect_from(client: IpAddr, address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.bind(&SocketAddr::new(client, 0).into())?;
        socket.connect(&address.into())?;
        Self::over(socket.into())
    }

    /// Connects with little room for answers.
    pub fn connect_narrow(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_recv_buffer_size(4096)?;
        socket.connect(&address.into())?;
        Self::over(socket.into())
    }

    fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref())
    }

    /// Asks for a page on a connection that stays open.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))?;
        self.answer()
    }

    /// Sends a form on a connection that stays open.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        self.send(posted(path, fields))?;
        self.answer()
    }

    /// Sends a form but for its end, which is returned; the desk is reading it then.
    pub fn begin(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let whole = posted(path, fields);
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        self.send(format!("{head}\r\nExpect: 100-continue\r\n\r\n")).unwrap();
        assert_eq!(self.answer().unwrap().status, 100);
        let (sent, rest) = body.split_at(body.len() - 10);
        self.send(sent).unwrap();
        rest.to_owned()
    }

    /// Reads one answer; a connection that ends instead is an error.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, line))?;
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            let name: HeaderName = name.parse().map_err(io::Error::other)?;
            headers.append(name, HeaderValue::from_str(value).map_err(io::Error::other)?);
        }
        let length = headers.get("content-length").map(|length| length.to_str().unwrap().parse().unwrap());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, headers, body })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Whether any of an answer has come.
    pub fn is_answered(&self) -> bool {
        self.0.get_ref().set_nonblocking(true).unwrap();
        let is_answered = self.0.get_ref().peek(&mut [0]).is_ok();
        self.0.get_ref().set_nonblocking(false).unwrap();
        is_answered
    }

    /// Whether the desk has ended the connection, without a word.
    pub fn has_ended(&self) -> bool {
        self.0.get_ref().set_nonblocking(true).unwrap();
        let has_ended = match self.0.get_ref().peek(&mut [0]) {
            Ok(bytes) => bytes == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        self.0.get_ref().set_nonblocking(false).unwrap();
        has_ended
    }

    /// Waits for the end of the connection; what was sent before it.
    pub fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the desk does not end the connection: {error}"),
        }
        rest
    }
}

/// A form as a whole request of a program that wants no questions.
pub fn posted(path: &str, fields: &[(&str, &str)]) -> String {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Prefer: handling=lenient\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}
