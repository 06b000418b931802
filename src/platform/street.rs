//! One platform with everything that is needed to reach it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::limiter::Limiter;
use super::{Answer, Bindings, Broken, Credentials, Fresh, Profile, Request, Wire};
use crate::clock::{Clock, Timestamp};
use crate::config::platform::Operation;
use crate::record::Complaint;

/// Carries one request and brings one answer, or tells where the exchange broke. `Wire` does it by HTTP; a test
/// or a simulation puts its own province here.
pub trait Transport: Send + Sync {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, Broken>>;
}

/// The street to one province. A clone shares it, and with it the limit of requests per second.
#[derive(Clone)]
pub struct Street(Arc<Inner>);

struct Inner {
    profile: Profile,
    credentials: Credentials,
    transport: Box<dyn Transport>,
    limiter: Limiter,
}

/// One exchange as it went.
#[derive(Clone, Debug)]
pub struct Passage {
    pub started: Timestamp,
    pub took: Duration,
    /// The request as it may be kept: masked, without secrets.
    pub request: String,
    /// The answer likewise; empty if none came.
    pub answer: String,
    pub outcome: Result<Answer, Broken>,
}

impl Street {
    /// The street by HTTP. Errors: Q7413 for a certificate file that cannot be used.
    pub fn open(profile: Profile, credentials: Credentials, root: &Path) -> Result<Self, Complaint> {
        let wire = Wire::new(profile.platform(), root)?;
        Ok(Street::by(profile, credentials, Box::new(wire)))
    }

    /// The street by any transport.
    pub fn by(profile: Profile, credentials: Credentials, transport: Box<dyn Transport>) -> Self {
        let limiter = Limiter::new(profile.platform().limits.requests_per_second);
        Street(Arc::new(Inner { profile, credentials, transport, limiter }))
    }

    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// The request that `send` would send now, masked: what `explain` shows.
    pub fn preview(
        &self,
        operation: Operation,
        names: &Bindings<'_>,
        payload: &[u8],
        fresh: Fresh,
    ) -> Result<String, Complaint> {
        let request = self.0.profile.request(operation, names, payload, &self.0.credentials, fresh)?;
        Ok(request.show(&self.0.credentials))
    }

    /// One request on the wire, one answer. The envelope is made after the wait for the rate limit, so that its
    /// time is that of the sending.
    ///
    /// Errors: Q7407, Q7410 if the request cannot be built; then nothing was sent.
    pub async fn send(
        &self,
        operation: Operation,
        names: &Bindings<'_>,
        payload: &[u8],
        clock: &Clock,
    ) -> Result<Passage, Complaint> {
        let Inner { profile, credentials, transport, limiter } = &*self.0;
        limiter.wait(clock).await;
        let request = profile.request(operation, names, payload, credentials, Fresh::from_clock(clock))?;
        let started = clock.now();
        let start = clock.elapsed();
        let mut outcome = transport.send(&request).await;
        let took = clock.elapsed().saturating_sub(start);
        let answer = match &mut outcome {
            Ok(answer) => {
                answer.received = clock.now();
                answer.show(credentials)
            }
            Err(_) => String::new(),
        };
        Ok(Passage { started, took, request: request.show(credentials), answer, outcome })
    }
}
