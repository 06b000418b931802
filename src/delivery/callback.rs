//! The decisions that a message of the province's own tells.

use serde_json::Value as Json;

use super::reviews::{Marks, ReviewPage, read};
use crate::config::platform::ReviewsBy;
use crate::platform::{Bindings, CallbackReading, Known, Profile};

/// Reads the decisions of a message that is believed. `None` where its list is none.
///
/// Shape: without `list` the message is one decision. An entry that cannot be read is told beside the others.
pub fn told(profile: &Profile, callback: &CallbackReading, body: &Json) -> Option<ReviewPage> {
    let entries = match &callback.reviews.list {
        Some(list) => {
            let names = Bindings::default().with("body", Known::Json(body));
            list.json(&names).ok()?.as_array()?.clone()
        }
        None => vec![body.clone()],
    };
    // A number is comparable with those of the list that is asked for, a time with its times.
    let marks = match profile.platform().reviews.by {
        ReviewsBy::Feed => Marks::NumbersElseTimes,
        ReviewsBy::Time | ReviewsBy::Record => Marks::TimesElseNumbers,
    };
    Some(read(&callback.reviews, &callback.states, marks, &entries))
}
