//! Files that records refer to: taken one by one, and asked for again when a record names one that is not there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::reading::Finding;
use super::{Province, signature, store};

/// Where the province shows its files.
const SHOWN: &str = "https://files.sandbox.example/";
/// The largest file.
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// Takes a file: `{"fileName": …, "content": base64, "sha256": …}`. Errors: the code and the message of a refusal.
pub async fn take(
    province: &Province,
    body: &[u8],
) -> anyhow::Result<Result<Value, (&'static str, &'static str)>> {
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return Ok(Err(("1400", "报文不是JSON")));
    };
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let Ok(content) = BASE64.decode(text("content")) else {
        return Ok(Err(("1400", "content不是base64")));
    };
    if text("fileName").is_empty() || content.is_empty() || content.len() > FILE_BYTES_MAX {
        return Ok(Err(("1400", "文件名为空、文件为空或超过1MiB")));
    }
    let sha256 = signature::sha256_hex(&content);
    if sha256 != text("sha256") {
        return Ok(Err(("1400", "文件内容与sha256不符")));
    }
    let mut writer = province.store.writer().await;
    let mut tx = store::begin(&mut writer).await?;
    let id = store::next_id(&mut tx, "file").await?;
    sqlx::query("INSERT INTO file (id, name, sha256, bytes) VALUES (?1, ?2, ?3, ?4)")
        .bind(&id)
        .bind(text("fileName"))
        .bind(&sha256)
        .bind(i64::try_from(content.len())?)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Ok(json!({ "fileId": id, "url": format!("{SHOWN}{id}") })))
}

/// A record that names a file of ours which is not there.
pub async fn lost(tx: &mut SqliteConnection, data: &Value) -> sqlx::Result<Option<Finding>> {
    let Some(attachments) = data["attachments"].as_array() else { return Ok(None) };
    for (index, attachment) in attachments.iter().enumerate() {
        let Some(id) = attachment["url"].as_str().and_then(|url| url.strip_prefix(SHOWN)) else { continue };
        let known: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM file WHERE id = ?1").bind(id).fetch_optional(&mut *tx).await?;
        if known.is_none() {
            let field = format!("/attachments/{index}/url");
            return Ok(Some(Finding {
                code: "2150", message: "附件不存在，请重新上传".to_owned(), field
            }));
        }
    }
    Ok(None)
}
