//! What a hostile column may say, with a canary that must not be touched.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";

fn shelf(keys: &str) -> Shelf {
    let text = include_str!("../../config/platforms/shandong.toml");
    let text = format!("{text}\n[attachments]\n{keys}\n");
    let (platform, faults) = crate::config::Platform::read("p", Path::new("p.toml"), &text);
    assert!(faults.is_empty(), "{faults:?}");
    Shelf::new(platform.unwrap().attachments.as_ref().unwrap())
}

fn at(place: &str) -> FileRef {
    FileRef { name: String::new(), seen: String::new(), source: FileSource::At(place.to_owned()) }
}

async fn outcome(shelf: &Shelf, place: &str) -> String {
    let glance = shelf.glance(&at(place)).await;
    match shelf.fetch(&at(place), None).await {
        Ok(file) => {
            assert!(glance.is_ok(), "{place}: {glance:?}");
            format!("{} {}", file.name, file.content.len())
        }
        Err(unhad) => unhad.complaint.id,
    }
}

/// A server that counts whoever comes, and answers with this.
async fn server(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = hits.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (port, hits)
}

const FILE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 30\r\nConnection: close\r\n\r\n%PDF-1.7\n123456789012345678901";

#[tokio::test]
async fn twenty_hostile_names_find_nothing_outside_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("upload");
    fs::create_dir_all(root.join("2024")).unwrap();
    for (name, content) in
        [("upload/2024/a.pdf", PDF), ("secret.pdf", PDF), ("upload/%2e%2e%2fsecret.pdf", PDF)]
    {
        fs::write(folder.path().join(name), content).unwrap();
    }
    symlink(folder.path().join("secret.pdf"), root.join("link.pdf")).unwrap();
    symlink(folder.path(), root.join("out")).unwrap();
    symlink("2024/a.pdf", root.join("inside.pdf")).unwrap();
    fs::create_dir(folder.path().join("upload2")).unwrap();
    fs::write(folder.path().join("upload2/b.pdf"), PDF).unwrap();
    let root = root.display().to_string();
    let shelf = shelf(&format!("roots = ['{root}']\n[attachments.paths]\n'D:\\upload\\' = '{root}'"));
    let outside = folder.path().display();
    let long = "长".repeat(100);
    let rows: Vec<(String, &str)> = vec![
        ("../secret.pdf".into(), "Q7507"),
        ("..\\secret.pdf".into(), "Q7507"),
        ("2024/../../secret.pdf".into(), "Q7507"),
        ("a/../../b".into(), "Q7507"),
        (r"D:\upload\..\secret.pdf".into(), "Q7507"),
        ("%2e%2e%2fsecret.pdf".into(), "%2e%2e%2fsecret.pdf 29"),
        ("..%5csecret.pdf".into(), "Q7501"),
        ("....//secret.pdf".into(), "Q7501"),
        (format!("{outside}/secret.pdf"), "Q7502"),
        ("/etc/passwd".into(), "Q7502"),
        (format!("{outside}/upload2/b.pdf"), "Q7502"),
        ("2024/a.pdf\0.exe".into(), "Q7507"),
        ("CON".into(), "Q7507"),
        ("2024/lpt1.pdf".into(), "Q7507"),
        ("link.pdf".into(), "Q7502"),
        ("out/secret.pdf".into(), "Q7502"),
        (format!("{long}.pdf"), "Q7507"),
        ("fdp.\u{202e}a".into(), "Q7507"),
        (r"\\127.0.0.1\c$\secret.pdf".into(), "Q7508"),
        (r"E:\secret.pdf".into(), "Q7508"),
        ("a.pdf::$DATA".into(), "Q7507"),
        ("2024".into(), "Q7501"),
        (".".into(), "Q7502"),
        ("~/secret.pdf".into(), "Q7501"),
        // And what is meant.
        (r"d:\UPLOAD\2024\a.pdf".into(), "a.pdf 29"),
        ("2024/a.pdf".into(), "a.pdf 29"),
        ("inside.pdf".into(), "inside.pdf 29"),
    ];
    assert!(rows.len() >= 20);
    for (place, expect) in rows {
        assert_eq!(outcome(&shelf, &place).await, expect, "{place:?}");
    }
}

#[tokio::test]
async fn names_on_an_old_share_may_be_in_gbk() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let (name, ..) = encoding_rs::GB18030.encode("合同.pdf");
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(&name)), PDF).unwrap();
    let shelf = shelf(&format!("roots = ['{}']", folder.path().display()));
    assert_eq!(outcome(&shelf, "合同.pdf").await, "合同.pdf 29");
    assert_eq!(outcome(&shelf, "合約.pdf").await, "Q7501");
}

#[tokio::test]
async fn fourteen_hostile_addresses_touch_nobody() {
    let (canary, hits) = server(FILE).await;
    let (listed, wanted) = server(FILE).await;
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{canary}/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let (away, _) = server(redirect.leak()).await;
    // A name is listed, too, and leads inside: that is not allowed by its being listed.
    let shelf = shelf(&format!(
        "hosts = ['http://127.0.0.1:{listed}', 'http://127.0.0.1:{away}', 'http://localhost:{canary}', 'https://oa.example.cn']"
    ));
    let rows = [
        ("file:///etc/passwd".to_owned(), "Q7509"),
        ("gopher://127.0.0.1:70/x".to_owned(), "Q7509"),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), "Q7509"),
        (format!("http://[::1]:{canary}/"), "Q7509"),
        (format!("http://0x7f000001:{canary}/"), "Q7509"),
        (format!("http://127.1:{canary}/"), "Q7509"),
        (format!("http://2130706433:{canary}/"), "Q7509"),
        (format!("http://127.0.0.1:{listed}@127.0.0.1:{canary}/"), "Q7509"),
        (format!("http://user:pw@127.0.0.1:{listed}/a.pdf"), "Q7509"),
        (format!("http://127.0.0.1:{canary}/"), "Q7509"),
        (format!("http://127.0.0.1:{away}/a.pdf"), "Q7510"),
        (format!("http://localhost:{canary}/a.pdf"), "Q7509"),
        (format!("https://127.0.0.1:{listed}/a.pdf"), "Q7509"),
        (format!("http://127.0.0.1:{listed}.example.cn/"), "Q7509"),
        (format!("http://[::ffff:127.0.0.1]:{canary}/"), "Q7509"),
        (format!("http://127.0.0.1%2f@127.0.0.1:{canary}/"), "Q7509"),
        ("javascript:alert(1)".to_owned(), "Q7509"),
        ("data:application/pdf;base64,JVBERi0=".to_owned(), "Q7509"),
        ("https://oa.example.cn.evil.example/a.pdf".to_owned(), "Q7509"),
        ("http://oa.example.cn/a.pdf".to_owned(), "Q7509"),
        ("https://oa.example.cn:8443/a.pdf".to_owned(), "Q7509"),
        ("https://[broken/a.pdf".to_owned(), "Q7509"),
    ];
    assert!(rows.len() >= 14);
    for (place, expect) in rows {
        assert_eq!(outcome(&shelf, &place).await, expect, "{place}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0, "the canary was touched");
    // And what is meant, however the address is written.
    assert_eq!(
        outcome(&shelf, &format!("http://127.0.0.1:{listed}/f/%E5%90%88.pdf?x=1#y")).await,
        "合.pdf 30"
    );
    assert_eq!(outcome(&shelf, &format!("http://127.1:{listed}/f")).await, "f.pdf 30");
    assert_eq!(wanted.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_listed_name_that_leads_inside_needs_a_word_of_its_own() {
    let (port, hits) = server(FILE).await;
    let open = shelf(&format!("hosts = ['http://localhost:{port}']\nallow_private = true"));
    assert_eq!(outcome(&open, &format!("http://localhost:{port}/a.pdf")).await, "a.pdf 30");
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn caps_hold_while_the_file_still_comes() {
    let (endless, _) =
        server("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%PDF-1.7 and more than sixteen bytes").await;
    let (silent, _) = server("").await;
    let hosts = format!("hosts = ['http://127.0.0.1:{endless}', 'http://127.0.0.1:{silent}']");
    let small = shelf(&format!("bytes_max = 16\ntimeout = '200ms'\n{hosts}"));
    assert_eq!(outcome(&small, &format!("http://127.0.0.1:{endless}/a.pdf")).await, "Q7503");
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = hung.local_addr().unwrap().port();
    let slow = shelf(&format!("timeout = '200ms'\nhosts = ['http://127.0.0.1:{port}']"));
    let unhad = slow.fetch(&at(&format!("http://127.0.0.1:{port}/a.pdf")), None).await.unwrap_err();
    assert!(unhad.passing && unhad.complaint.id == "Q7506", "{unhad:?}");

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    file("large.pdf", &[PDF, &[0; 40]].concat());
    file("empty.pdf", b"");
    file("page.pdf", b"<html>please log in</html>");
    file("tool.pdf", b"MZ\x90\0\x03\0\0\0\x04\0\0\0");
    let shelf = shelf(&format!("bytes_max = 60\nroots = ['{}']", folder.path().display()));
    for (name, id) in [
        ("large.pdf", "Q7503"),
        ("empty.pdf", "Q7504"),
        ("page.pdf", "Q7505"),
        ("tool.pdf", "Q7505"),
        ("none.pdf", "Q7501"),
    ] {
        assert_eq!(shelf.fetch(&at(name), None).await.unwrap_err().complaint.id, id, "{name}");
    }
    assert_eq!(shelf.glance(&at("large.pdf")).await.unwrap_err().complaint.id, "Q7503", "without reading it");
}

#[tokio::test]
async fn bytes_of_a_column_are_a_file_too() {
    let shelf = shelf("types = ['pdf']");
    let here = |content: &[u8]| FileRef {
        name: "评价报告".into(),
        seen: String::new(),
        source: FileSource::Here(content.to_vec()),
    };
    let file = shelf.fetch(&here(PDF), None).await.unwrap();
    assert_eq!((file.name.as_str(), file.media.as_str()), ("评价报告.pdf", "application/pdf"));
    assert_eq!(shelf.fetch(&here(b"\x89PNG\r\n\x1a\n"), None).await.unwrap_err().complaint.id, "Q7505");
}
