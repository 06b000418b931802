//! Who we are to the province at this moment: the secrets as they are now, and the sessions that they bought.
//!
//! Fifty workers that learn in one second that their session is over must not log in fifty times: whoever comes
//! first does it, the others wait and take what he brought. What a request was made with has a number, its
//! generation; only a refusal of the newest one ends anything.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;

use super::answer::FailedLogin;
use super::gate::Gate;
use super::login::{Given, Login, Unread};
use super::{Break, Broken, Credentials, Fresh, Profile, Transport};
use crate::clock::Clock;
use crate::config::platform::Operation;
use crate::record::{Complaint, Value};

/// Which secrets and sessions a request was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Generation(u64);

/// What a request is made with.
#[derive(Clone)]
pub(super) struct Bearer {
    /// They hide the sessions' values too.
    pub(super) credentials: Credentials,
    pub(super) session: Value,
    pub(super) generation: Generation,
}

/// Why there is nothing to make a request with.
pub(super) enum Unable {
    /// The login's own request cannot be built.
    Unbuilt(Complaint),
    Failed(Broken),
}

/// The way to the province, as far as a login needs it.
pub(super) struct Way<'a> {
    pub(super) profile: &'a Profile,
    pub(super) transport: &'a dyn Transport,
    pub(super) gate: &'a Gate,
    pub(super) clock: &'a Clock,
}

pub(super) struct Identity {
    credentials: RwLock<Credentials>,
    books: Mutex<Books>,
    /// How many logins have failed so far.
    failures: AtomicU64,
}

#[derive(Default)]
struct Books {
    generation: u64,
    /// One place for each login of the profile.
    held: Vec<Option<Held>>,
    /// When the files were looked at last, by the clock's `elapsed`.
    looked: Option<Duration>,
    /// How the last failed login failed.
    failed: Option<Broken>,
}

#[derive(Clone)]
struct Held {
    values: Value,
    /// By the clock's `elapsed`, so that a clock that is set does not end or prolong a session.
    until: Option<Duration>,
}

/// How often files with secrets are looked at while all is well.
const LOOK_EVERY: Duration = Duration::from_secs(3);

impl Identity {
    pub(super) fn new(credentials: Credentials) -> Self {
        Identity {
            credentials: RwLock::new(credentials),
            books: Mutex::default(),
            failures: AtomicU64::default(),
        }
    }

    /// The secrets as they were last read.
    pub(super) fn credentials(&self) -> Credentials {
        self.credentials.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a request that uses these logins is made with: secrets not older than a few seconds, sessions that are
    /// not over. Logs in where it must.
    pub(super) async fn bearer(&self, needs: &[usize], way: &Way<'_>) -> Result<Bearer, Unable> {
        let failures = self.failures.load(Ordering::Acquire);
        let mut books = self.books.lock().await;
        let now = way.clock.elapsed();
        if books.looked.is_none_or(|looked| now.saturating_sub(looked) >= LOOK_EVERY) {
            self.look(&mut books, way.clock);
        }
        for place in needs {
            self.ensure(*place, failures, &mut books, way).await?;
        }
        let session = session_of(way.profile.logins(), &books.held, needs);
        let values = books.held.iter().flatten().map(|held| &held.values);
        let credentials = self.credentials().and_hide(values);
        Ok(Bearer { credentials, session, generation: Generation(books.generation) })
    }

    /// After a refusal of what a request was made with: looks whether the files say something else by now. True if
    /// a further request would be made with something else.
    pub(super) async fn look_again(&self, refused: Generation, clock: &Clock) -> bool {
        let mut books = self.books.lock().await;
        if books.generation == refused.0 {
            self.look(&mut books, clock);
        }
        books.generation != refused.0
    }

    /// The same, and the sessions of that generation are over.
    pub(super) async fn forget(&self, refused: Generation, clock: &Clock) -> bool {
        let mut books = self.books.lock().await;
        // What is newer than the refusal stays: somebody else was faster.
        if books.generation == refused.0 {
            self.look(&mut books, clock);
            if books.held.iter().any(Option::is_some) {
                books.held.clear();
                books.generation += 1;
            }
        }
        books.generation != refused.0
    }

    fn look(&self, books: &mut Books, clock: &Clock) {
        books.looked = Some(clock.elapsed());
        if let Some(changed) = self.credentials().read_again() {
            tracing::info!("secrets have changed; the new ones are used from now on");
            *self.credentials.write().unwrap_or_else(PoisonError::into_inner) = changed;
            // Sessions that the old secrets bought may be over or not: the province says so.
            books.generation += 1;
        }
    }

    /// Has the session at a place, and those that it needs itself.
    async fn ensure(
        &self,
        place: usize,
        failures: u64,
        books: &mut Books,
        way: &Way<'_>,
    ) -> Result<(), Unable> {
        let logins = way.profile.logins();
        let mut order = Vec::new();
        due(place, logins, books, way.clock.elapsed(), &mut order);
        if order.is_empty() {
            return Ok(());
        }
        if self.failures.load(Ordering::Acquire) != failures
            && let Some(failed) = &books.failed
        {
            // It failed while this one waited for it: that is the answer to both.
            return Err(Unable::Failed(failed.clone()));
        }
        self.look(books, way.clock);
        for place in order {
            let login = &logins[place];
            match self.log_in(login, books, way).await {
                Ok(given) => {
                    let until = given.good_for.map(|good_for| way.clock.elapsed() + good_for);
                    books.held.resize_with(logins.len(), || None);
                    books.held[place] = Some(Held { values: given.values, until });
                    books.generation += 1;
                    tracing::info!(login.name = %login.name, "logged in: {}", login.name);
                }
                Err(Unable::Failed(broken)) => {
                    tracing::warn!(login.name = %login.name, "login {} failed: {}", login.name, broken.reason);
                    books.failed = Some(broken.clone());
                    self.failures.fetch_add(1, Ordering::AcqRel);
                    return Err(Unable::Failed(broken));
                }
                Err(unbuilt) => return Err(unbuilt),
            }
        }
        Ok(())
    }

    async fn log_in(&self, login: &Login, books: &Books, way: &Way<'_>) -> Result<Given, Unable> {
        way.gate.take_turn(way.clock).await;
        let credentials = self.credentials();
        let session = session_of(way.profile.logins(), &books.held, &login.needs);
        let fresh = Fresh::from_clock(way.clock);
        let request =
            way.profile.login_request(login, &credentials, &session, fresh).map_err(Unable::Unbuilt)?;
        let failed = |class, reason: String, answer, lacks| {
            let login = Some(Box::new(FailedLogin { name: login.name.clone(), answer, lacks }));
            Unable::Failed(Broken { class, reason, login })
        };
        let mut answer = match way.transport.send(&request).await {
            Ok(answer) => answer,
            // What is proved of the login is proved of the request that waited for it.
            Err(broken) if broken.class.is_proved_not_sent() => {
                return Err(failed(broken.class, broken.reason, None, None));
            }
            Err(broken) => return Err(failed(Break::Login, broken.reason, None, None)),
        };
        answer.received = way.clock.now();
        let content =
            way.profile.read_by(&login.answer, Operation::Login, &answer, fresh, &credentials, &session);
        match login.read(&answer, &content, &credentials, &session) {
            Ok(given) => Ok(given),
            Err(Unread::Refused) => {
                let reason = format!("HTTP {}", answer.status);
                Err(failed(Break::Login, reason, Some((answer, content)), None))
            }
            Err(Unread::Lacks(what)) => Err(failed(
                Break::Login,
                format!("no {what} in the answer"),
                Some((answer, content)),
                Some(what),
            )),
        }
    }
}

/// The logins to be made for a place, first things first; none while its session is good.
fn due(place: usize, logins: &[Login], books: &Books, now: Duration, order: &mut Vec<usize>) {
    let held = books.held.get(place).and_then(Option::as_ref);
    if held.is_some_and(|held| held.until.is_none_or(|until| now < until)) || order.contains(&place) {
        return;
    }
    for needed in &logins[place].needs {
        due(*needed, logins, books, now, order);
    }
    order.push(place);
}

/// `session.LOGIN.NAME` for some logins; what is not there is null.
fn session_of(logins: &[Login], held: &[Option<Held>], places: &[usize]) -> Value {
    let held = |place: &usize| held.get(*place).and_then(Option::as_ref);
    let entry = |place: &usize| Some((Arc::from(logins[*place].name.as_str()), held(place)?.values.clone()));
    Value::Map(places.iter().filter_map(entry).collect())
}
