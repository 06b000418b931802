//! Real connections that break, and what is proved by each break.

use std::time::Duration;

use qilu::clock::Clock;
use qilu::delivery::exchange;
use qilu::plan::Action;
use qilu::platform::Street;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{brief, item, lease, street};

/// How a real server on loopback behaves after it has read a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    /// Says this and closes.
    Say(&'static str),
    /// Says this and then nothing, with the connection open.
    SayAndHang(&'static str),
    /// Closes at once, unread.
    HangUp,
    /// A gzip body of 200 MB of blanks in 200 KB.
    Bomb,
}

async fn street_to(habit: Habit) -> Street {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let bomb = if habit == Habit::Bomb { bomb() } else { Vec::new() };
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if habit == Habit::HangUp {
                continue;
            }
            let mut heard = vec![0; 64 * 1024];
            let mut length = 0;
            // The test's requests are small: headers and body come within the first reads.
            while !heard[..length].ends_with(b"]}") && !heard[..length].ends_with(b"\r\n\r\n") {
                match stream.read(&mut heard[length..]).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => length += read,
                }
            }
            match habit {
                Habit::Say(text) => stream.write_all(text.as_bytes()).await.unwrap_or_default(),
                Habit::SayAndHang(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap_or_default();
                    tokio::time::sleep(Duration::from_secs(30)).await;
                }
                Habit::Bomb => stream.write_all(&bomb).await.unwrap_or_default(),
                Habit::HangUp => (),
            }
        }
    });
    real_street(&format!("http://{address}/api/v1"))
}

fn real_street(base_url: &str) -> Street {
    let hurried = |text: &str| {
        text.replace("connect_timeout = \"10s\"", "connect_timeout = \"2s\"")
            .replace("first_byte_timeout = \"30s\"", "first_byte_timeout = \"300ms\"")
            .replace("total_timeout = \"2m\"", "total_timeout = \"600ms\"")
    };
    street(base_url, hurried)
}

fn bomb() -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..200 {
        packed.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let packed = packed.finish().unwrap();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    [head.into_bytes(), packed].concat()
}

#[tokio::test]
async fn a_real_connection_breaks_as_its_class_says() {
    const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 82\r\nconnection: close\r\n\r\n\
                         {\"code\":\"0\",\"data\":{\"results\":[{\"localId\":\"a\",\"code\":\"0\",\"remoteId\":\"SD-1\"}]}}    ";
    const SHORT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"code\":\"0\",\"data\":{";
    const MOVED: &str = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const BAD_GZIP: &str =
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\nconnection: close\r\n\r\nabcd";
    for (habit, expect) in [
        (Habit::Say(WHOLE), "settled accepted(SD-1)"),
        (Habit::Say(SHORT), "doubt Q7008 none"),
        (Habit::SayAndHang(SHORT), "doubt Q7008 none"),
        (Habit::SayAndHang(""), "doubt Q7006 none"),
        (Habit::Say(""), "doubt Q7007 none"),
        (Habit::HangUp, "doubt Q7007 none"),
        (Habit::Say("SSH-2.0-OpenSSH_9.6\r\n"), "doubt Q7007 none"),
        (Habit::Say(MOVED), "doubt Q7111 block"),
        (Habit::Say(BAD_GZIP), "doubt Q7008 none"),
        (Habit::Bomb, "doubt Q7009 none"),
    ] {
        let street = street_to(habit).await;
        let lease = lease("achievement", Action::Create, vec![item("a")]);
        let (attempt, event) = exchange(&street, &lease, &Clock::machine()).await;
        assert_eq!(brief(&event), expect, "{habit:?}: {attempt:?} {event:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_port_or_no_such_host_is_proof_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    for (url, expect) in [
        (format!("http://{free}/api/v1"), "not Q7001 pause"),
        ("http://no-such-host.invalid/api/v1".to_owned(), "not Q7002 pause"),
    ] {
        let lease = lease("achievement", Action::Create, vec![item("a")]);
        let (_, event) = exchange(&real_street(&url), &lease, &Clock::machine()).await;
        assert_eq!(brief(&event), expect, "{event:?}");
    }
}
