//! One platform with everything that is needed to reach it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::limiter::Limiter;
use super::session::{Bearer, Generation, Identity, Unable, Way};
use super::{Answer, Bindings, Broken, Credentials, Fresh, Profile, Request, Wire};
use crate::clock::{Clock, Timestamp};
use crate::config::platform::Operation;
use crate::record::{Complaint, Value};

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
    identity: Identity,
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
    /// Which secrets and sessions it was made with.
    pub generation: Generation,
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
        Street(Arc::new(Inner { profile, identity: Identity::new(credentials), transport, limiter }))
    }

    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// The request that `send` would send now, masked: what `explain` shows. It logs in nowhere: what only a session
    /// gives is shown as `***`, or left out where it would have to be computed with.
    pub fn preview(
        &self,
        operation: Operation,
        names: &Bindings<'_>,
        payload: &[u8],
        fresh: Fresh,
    ) -> Result<String, Complaint> {
        let profile = &self.0.profile;
        let credentials = self.0.identity.credentials();
        let build = |session| profile.request(operation, names, payload, &credentials, &session, fresh);
        let stars = profile.logins().iter().map(|login| (login.name.as_str().into(), login.stars()));
        let request = build(Value::Map(stars.collect())).or_else(|_| build(Value::Map(Vec::new())))?;
        Ok(request.show(&credentials))
    }

    /// One request on the wire, one answer; before it the logins that it needs and that are due. The envelope is made
    /// after the wait for the rate limit, so that its time is that of the sending.
    ///
    /// Shape:  a login that fails is a broken exchange of which it is proved that the request was not sent.
    /// Errors: Q7407, Q7410 if a request cannot be built; then nothing was sent.
    pub async fn send(
        &self,
        operation: Operation,
        names: &Bindings<'_>,
        payload: &[u8],
        clock: &Clock,
    ) -> Result<Passage, Complaint> {
        let Inner { profile, identity, transport, limiter } = &*self.0;
        // An operation that is not offered is no reason to log in.
        profile.call(operation)?;
        let began = (clock.now(), clock.elapsed());
        let way = Way { profile, transport: transport.as_ref(), limiter, clock };
        let needs = profile.needs(operation);
        let mut bearer = identity.bearer(needs, &way).await;
        if bearer.is_ok() {
            limiter.wait(clock).await;
            // The wait may have been long.
            bearer = identity.bearer(needs, &way).await;
        }
        let Bearer { credentials, session, generation } = match bearer {
            Ok(bearer) => bearer,
            Err(Unable::Unbuilt(complaint)) => return Err(complaint),
            Err(Unable::Failed(broken)) => {
                return Ok(Passage {
                    started: began.0,
                    took: clock.elapsed().saturating_sub(began.1),
                    request: String::new(),
                    answer: String::new(),
                    outcome: Err(broken),
                    generation: Generation::default(),
                });
            }
        };
        let fresh = Fresh::from_clock(clock);
        let request = profile.request(operation, names, payload, &credentials, &session, fresh)?;
        let started = clock.now();
        let start = clock.elapsed();
        let mut outcome = transport.send(&request).await;
        let took = clock.elapsed().saturating_sub(start);
        let answer = match &mut outcome {
            Ok(answer) => {
                answer.received = clock.now();
                answer.show(&credentials)
            }
            Err(_) => String::new(),
        };
        Ok(Passage { started, took, request: request.show(&credentials), answer, outcome, generation })
    }

    /// After a refusal of the secrets that a request was made with: reads them again where they stand in files. True
    /// if another request would be made with something else.
    pub async fn look_again(&self, refused: Generation, clock: &Clock) -> bool {
        self.0.identity.look_again(refused, clock).await
    }

    /// After a refusal of a session: it is over, for everybody who uses the same. True if another request would be
    /// made with something else.
    pub async fn forget(&self, refused: Generation, clock: &Clock) -> bool {
        self.0.identity.forget(refused, clock).await
    }
}
