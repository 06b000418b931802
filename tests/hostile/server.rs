//! A server on loopback that says what it was told to say, without keeping it: its memory is ours too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A text, and how often it is said.
#[derive(Clone)]
pub struct Piece {
    text: Vec<u8>,
    times: usize,
    /// Said after the number of the time.
    after_number: Option<&'static str>,
}

impl Piece {
    pub fn new(text: &str, times: usize) -> Self {
        Piece::raw(text.as_bytes(), times)
    }

    pub fn raw(text: &[u8], times: usize) -> Self {
        Piece { text: text.to_vec(), times, after_number: None }
    }

    pub fn counted(text: &str, after: &'static str, times: usize) -> Self {
        Piece { after_number: Some(after), ..Piece::new(text, times) }
    }
}

/// What is said to every request.
#[derive(Clone)]
pub struct Answering {
    status: u16,
    pub kind: &'static str,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Clone)]
enum Body {
    /// In chunks, without a length.
    Chunked(Vec<Piece>),
    Gzip(Arc<Vec<u8>>),
    /// A beginning, and then the same bytes again and again with pauses.
    Drip(&'static [u8], &'static [u8]),
}

impl Answering {
    pub fn plain(kind: &'static str, pieces: Vec<Piece>) -> Self {
        Answering { status: 200, kind, headers: Vec::new(), body: Body::Chunked(pieces) }
    }

    /// Blanks, compressed a thousand to one: one mebibyte in a block that needs nothing before it, again and again.
    pub fn bomb(mebibytes: usize) -> Self {
        let mut block = Vec::with_capacity(1 << 20);
        let mut packer = flate2::Compress::new(flate2::Compression::best(), false);
        packer.compress_vec(&[b' '; 1 << 20], &mut block, flate2::FlushCompress::Full).unwrap();
        let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        // The last block is empty; the sums after it are wrong, and nobody should ever come to look at them.
        let packed = [&head[..], &block.repeat(mebibytes), &[3, 0], &[0; 8]].concat();
        Answering { body: Body::Gzip(Arc::new(packed)), ..Answering::plain("application/json", Vec::new()) }
            .with_named("content-encoding", "gzip")
    }

    pub fn drip(first: &'static [u8], then: &'static [u8]) -> Self {
        Answering { body: Body::Drip(first, then), ..Answering::plain("", Vec::new()) }
    }

    pub fn with_status(self, status: u16) -> Self {
        Answering { status, ..self }
    }

    pub fn with_location(self, location: &str) -> Self {
        self.with_named("location", location)
    }

    pub fn with_retry_after(self, retry_after: &str) -> Self {
        if retry_after.is_empty() { self } else { self.with_named("retry-after", retry_after) }
    }

    pub fn with_header(self, name: &str, bytes: usize) -> Self {
        self.with_named(name, &"x".repeat(bytes))
    }

    fn with_named(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

static HEARD: Mutex<BTreeMap<SocketAddr, usize>> = Mutex::new(BTreeMap::new());

/// How many requests a server has heard.
pub fn heard(address: SocketAddr) -> usize {
    HEARD.lock().unwrap().get(&address).copied().unwrap_or(0)
}

/// Serves until the test ends.
pub async fn serve(answering: Answering) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, answering.clone(), address));
        }
    });
    address
}

/// Errors are the client's leaving, which is what is hoped for.
async fn answer(mut stream: TcpStream, answering: Answering, address: SocketAddr) -> std::io::Result<()> {
    let mut request = vec![0; 64 * 1024];
    let mut length = 0;
    // The test's requests are small and end with their body or with their headers.
    while !request[..length].ends_with(b"]}") && !request[..length].ends_with(b"\r\n\r\n") {
        match stream.read(&mut request[length..]).await? {
            0 => return Ok(()),
            read => length += read,
        }
    }
    *HEARD.lock().unwrap().entry(address).or_default() += 1;
    let mut head = format!(
        "HTTP/1.1 {} X\r\ncontent-type: {}\r\nconnection: close\r\n",
        answering.status, answering.kind
    );
    for (name, value) in &answering.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match answering.body {
        Body::Drip(first, then) => {
            stream.write_all(first).await?;
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.write_all(then).await?;
            }
        }
        Body::Gzip(packed) => {
            stream.write_all(format!("{head}content-length: {}\r\n\r\n", packed.len()).as_bytes()).await?;
            stream.write_all(&packed).await
        }
        Body::Chunked(pieces) => {
            stream.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).await?;
            let mut chunk = Vec::new();
            for piece in pieces {
                for time in 0..piece.times {
                    chunk.extend_from_slice(&piece.text);
                    if let Some(after) = piece.after_number {
                        chunk.extend_from_slice(format!("{time}{after}").as_bytes());
                    }
                    if chunk.len() > 64 * 1024 {
                        write_chunk(&mut stream, &mut chunk).await?;
                    }
                }
            }
            write_chunk(&mut stream, &mut chunk).await?;
            stream.write_all(b"0\r\n\r\n").await
        }
    }
}

async fn write_chunk(stream: &mut TcpStream, chunk: &mut Vec<u8>) -> std::io::Result<()> {
    if !chunk.is_empty() {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
        stream.write_all(chunk).await?;
        stream.write_all(b"\r\n").await?;
        chunk.clear();
    }
    Ok(())
}
