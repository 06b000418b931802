//! One platform with everything that is needed to reach it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use futures_util::future::BoxFuture;

use super::callback::{Believed, Message};
use super::gate::{Closed, Gate, Memory};
use super::session::{Bearer, Generation, Identity, Unable, Way};
use super::{Answer, Bindings, Broken, Content, Credentials, Fresh, Profile, Request, Wire};
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
    gate: Gate,
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
    /// What the answer says, as far as it can be believed and read.
    pub content: Content,
}

impl Street {
    /// The street by HTTP. Errors: Q7413 for a certificate file that cannot be used.
    pub fn open(profile: Profile, credentials: Credentials, root: &Path) -> Result<Self, Complaint> {
        let wire = Wire::new(profile.platform(), root)?;
        Ok(Street::by(profile, credentials, Box::new(wire)))
    }

    /// The street by any transport.
    pub fn by(profile: Profile, credentials: Credentials, transport: Box<dyn Transport>) -> Self {
        let gate = Gate::new(profile.platform());
        Street(Arc::new(Inner { profile, identity: Identity::new(credentials), transport, gate }))
    }

    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// Why nothing may be sent now: quiet windows, the province's own wish, the day's limit.
    pub fn closed(&self, now: Timestamp) -> Option<Closed> {
        self.0.gate.closed(now)
    }

    /// Waits for a request's turn and counts it; whoever sends asks here first.
    pub async fn admit(&self, clock: &Clock) -> Result<(), Closed> {
        self.0.gate.admit(clock).await
    }

    /// Nothing is sent to the province for as long as it asked, whoever wants to.
    pub async fn keep_away(&self, asked: Duration, clock: &Clock) {
        self.0.gate.keep_away(clock.now().plus(asked), asked).await;
    }

    /// Gives the street a memory that outlives the process.
    pub fn remember(&self, memory: Box<dyn Memory>) {
        self.0.gate.remember(memory);
    }

    /// Takes over what that memory holds: until when to keep away, and how many requests of a day were sent.
    pub fn recall(&self, away: Option<Closed>, day: Option<NaiveDate>, spent: u64) {
        self.0.gate.recall(away, day, spent);
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

    /// Decides whether a message is the province's, with the secrets as they are now; `None` where nobody listens.
    ///
    /// Errors: Q7910, Q7911, Q7913: it is not believed, or not understood.
    pub async fn believe(&self, message: &Message, clock: &Clock) -> Option<Result<Believed, Complaint>> {
        let callback = self.0.profile.callback()?;
        let believed = callback.believe(self.profile(), message, &self.0.identity.credentials());
        if believed.as_ref().is_err_and(|complaint| complaint.id == "Q7910") {
            // The secret may have been changed in its file since it was last read.
            return Some(callback.believe(self.profile(), message, &self.secrets(clock).await));
        }
        Some(believed)
    }

    /// What the province is answered for a message that was good. Errors: the profile's `ack` fails.
    pub fn acknowledge(&self, message: &Message, believed: &Believed) -> Result<Vec<u8>, Complaint> {
        match self.0.profile.callback() {
            Some(callback) => callback.acknowledge(message, believed, &self.0.identity.credentials()),
            None => Ok(Vec::new()),
        }
    }

    /// The secrets, not older than a few seconds.
    async fn secrets(&self, clock: &Clock) -> Credentials {
        let Inner { profile, identity, transport, gate } = &*self.0;
        let way = Way { profile, transport: transport.as_ref(), gate, clock };
        match identity.bearer(&[], &way).await {
            Ok(bearer) => bearer.credentials,
            Err(_) => identity.credentials(),
        }
    }

    /// One request on the wire, one answer; before it the logins that it needs and that are due. The envelope is made
    /// here, after `admit` has waited for the request's turn, so that its time is that of the sending.
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
        let Inner { profile, identity, transport, gate } = &*self.0;
        // An operation that is not offered is no reason to log in.
        profile.call(operation)?;
        let began = (clock.now(), clock.elapsed());
        let way = Way { profile, transport: transport.as_ref(), gate, clock };
        let needs = profile.needs(operation);
        let Bearer { credentials, session, generation } = match identity.bearer(needs, &way).await {
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
                    content: Content::none(),
                });
            }
        };
        let fresh = Fresh::from_clock(clock);
        let request = profile.request(operation, names, payload, &credentials, &session, fresh)?;
        let started = clock.now();
        let start = clock.elapsed();
        let mut outcome = transport.send(&request).await;
        let took = clock.elapsed().saturating_sub(start);
        let (answer, content) = match &mut outcome {
            Ok(answer) => {
                answer.received = clock.now();
                let content = profile.read(operation, answer, fresh, &credentials, &session);
                (answer.show(&content, &credentials), content)
            }
            Err(_) => (String::new(), Content::none()),
        };
        Ok(Passage {
            started,
            took,
            request: request.show(&credentials),
            answer,
            outcome,
            generation,
            content,
        })
    }

    /// Has the session of a login, and those that it needs. Errors: the login's request cannot be built.
    pub async fn sign_in(&self, place: usize, clock: &Clock) -> Result<Result<(), Broken>, Complaint> {
        let Inner { profile, identity, transport, gate } = &*self.0;
        let way = Way { profile, transport: transport.as_ref(), gate, clock };
        match identity.bearer(&[place], &way).await {
            Ok(_) => Ok(Ok(())),
            Err(Unable::Failed(broken)) => Ok(Err(broken)),
            Err(Unable::Unbuilt(complaint)) => Err(complaint),
        }
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
