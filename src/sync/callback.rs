//! What the province tells by itself.

use super::connector::{Connector, Error};
use super::reviews::in_the_ledgers_words;
use crate::delivery;
use crate::ledger::CallbackFate;
use crate::platform::Message;
use crate::record::Complaint;

/// What the province is answered.
#[derive(Debug)]
pub enum Heard {
    /// It was believed and has had its effect; the body to answer with.
    Good(Vec<u8>),
    /// It was not believed, and nothing was changed; the status to answer with, and why.
    Refused(u16, Complaint),
    /// It is believed and about a record whose own answer is still out: it should be told again.
    TooEarly,
    /// Nobody listens for this platform.
    NoSuchPlatform,
}

impl Connector {
    /// Hears one message. Needs no guard: it writes one transaction and sends nothing.
    ///
    /// Errors: the ledger failed; the province should tell it again.
    pub async fn hear(&self, platform: &str, message: &Message) -> Result<Heard, Error> {
        let Ok(street) = self.street(platform) else { return Ok(Heard::NoSuchPlatform) };
        let Some(callback) = street.profile().callback() else { return Ok(Heard::NoSuchPlatform) };
        let believed = match street.believe(message, &self.clock).await {
            None => return Ok(Heard::NoSuchPlatform),
            Some(Err(complaint)) => return Ok(Heard::Refused(callback.refuse, complaint)),
            Some(Ok(believed)) => believed,
        };
        let Some(page) = delivery::told(street.profile(), callback, &believed.body) else {
            let complaint = Complaint::new("Q7913").fact("platform", platform).fact("reason", "list");
            return Ok(Heard::Refused(callback.refuse, complaint));
        };
        if page.reviews.is_empty() && page.unlisted.is_empty() && !page.unreadable.is_empty() {
            let reason = page.unreadable.iter().map(Complaint::to_string).collect::<Vec<_>>().join("; ");
            let complaint = Complaint::new("Q7913").fact("platform", platform).fact("reason", reason);
            return Ok(Heard::Refused(callback.refuse, complaint));
        }
        for (_, complaint) in &page.unlisted {
            tracing::warn!(platform, "callback: {complaint}");
        }
        let answer = street.acknowledge(message, &believed);
        let (reviews, unlisted) = in_the_ledgers_words(page);
        let nonce = believed.nonce.as_ref().map(|(nonce, until)| (nonce.as_str(), *until));
        let noted = self.ledger.note_callback(platform, nonce, &reviews, &unlisted, self.clock.now()).await?;
        Ok(match noted {
            CallbackFate::Noted(news) => {
                tracing::info!(platform, ?news, "callback");
                // Its effect is written: an answer that cannot be put into words must not have it told again.
                Heard::Good(answer.unwrap_or_else(|complaint| {
                    tracing::error!(platform, "callback: {complaint}");
                    Vec::new()
                }))
            }
            CallbackFate::Replayed => {
                let nonce = nonce.map_or("–", |(nonce, _)| nonce);
                Heard::Refused(callback.refuse, callback.replayed(nonce))
            }
            CallbackFate::TooEarly => Heard::TooEarly,
        })
    }
}
