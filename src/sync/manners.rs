//! Lends the streets a memory: what a province is owed in manners outlives the process, and holds for all of them.

use chrono::NaiveDate;
use futures_util::future::BoxFuture;

use super::connector::{Connector, Error};
use crate::clock::Timestamp;
use crate::ledger::Ledger;
use crate::platform::{Closed, Memory, Street};
use crate::record::Complaint;

const DAY: &str = "%Y-%m-%d";

struct OfLedger {
    ledger: Ledger,
    platform: String,
}

impl Memory for OfLedger {
    // Both run as tasks of their own: an exchange is polled by a loop that may just be waiting for the ledger's one
    // writer itself, and must never hold it meanwhile.
    fn spend<'a>(&'a self, day: NaiveDate, max: u64) -> BoxFuture<'a, Result<Option<u64>, String>> {
        let (ledger, platform) = (self.ledger.clone(), self.platform.clone());
        Box::pin(async move {
            let day = day.format(DAY).to_string();
            let counted = tokio::spawn(async move { ledger.spend_request(&platform, &day, max).await }).await;
            counted.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
        })
    }

    fn keep_away<'a>(&'a self, until: Timestamp, why: &'a Complaint) -> BoxFuture<'a, ()> {
        let (ledger, platform) = (self.ledger.clone(), self.platform.clone());
        // A complaint is plain text and always serialises.
        let why = serde_json::to_string(why).unwrap_or_default();
        Box::pin(async move {
            let kept = tokio::spawn(async move { ledger.keep_away(&platform, until, &why).await }).await;
            if !matches!(kept, Ok(Ok(()))) {
                // This process knows it all the same.
                tracing::warn!(?kept, "the province's wish to be left alone could not be kept");
            }
        })
    }
}

pub(super) fn lend_memory(street: &Street, ledger: &Ledger) {
    let platform = street.profile().platform().name.clone();
    street.remember(Box::new(OfLedger { ledger: ledger.clone(), platform }));
}

impl Connector {
    /// Reads again what was kept about every province: another process may have been told to wait meanwhile.
    pub(super) async fn recall_manners(&self) -> Result<(), Error> {
        for platform in self.instance.platforms.keys() {
            // Where a person carries files nobody is asked for patience.
            let Ok(street) = self.street(platform) else { continue };
            let kept = self.ledger.manners(platform).await?;
            let away = (kept.away_until > self.clock.now()).then(|| Closed {
                until: kept.away_until,
                complaint: serde_json::from_str(&kept.away_why)
                    .unwrap_or_else(|_| Complaint::new("Q7603").fact("until", kept.away_until)),
            });
            let day = NaiveDate::parse_from_str(&kept.day, DAY).ok();
            street.recall(away, day, kept.requests);
        }
        Ok(())
    }
}
