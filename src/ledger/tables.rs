//! The ledger's tables. Times are microseconds since 1970 in UTC; prints are SHA-256.

use crate::db::Migration;

pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 2001, about: "ledger", sql: LEDGER },
    super::mark::CURSOR_MIGRATION,
    super::pending::PENDING_MIGRATION,
    super::hand::HAND_MIGRATION,
    super::reviews::REVIEWS_MIGRATION,
    super::alarms::ALARM_MIGRATION,
    super::imports::IMPORT_MIGRATION,
    super::attachments::ATTACHMENT_MIGRATION,
    super::manners::MANNERS_MIGRATION,
];

const LEDGER: &str = "
-- Facts about this ledger itself. `instance` and `epoch` are part of every idempotency key.
create table ledger (
    name text not null primary key,
    value text not null
);

-- One row a platform: whether it may receive anything, and which address this ledger is bound to.
create table platform_state (
    platform text not null primary key,
    bound_to text not null,
    live integer not null default 0,
    -- How many more deliveries may leave before a person looks; null when that is over.
    allowance integer,
    approved_by text not null default '',
    approved_at integer,
    stopped_by text not null default '',
    stopped_at integer
);

create table route_state (
    route text not null primary key,
    -- 'open' locks creates until what the province already holds has been matched; then 'closed'.
    adoption text not null,
    closed_at integer
);

create table record (
    seq integer primary key,
    -- Random and stable: what the province and the audit log see.
    id text not null unique,
    platform text not null,
    kind text not null,
    route text not null,
    -- The key in the byte order of all engines, and as people write it.
    key_sort blob not null,
    key_text text not null,
    title text not null default '',
    verdict text not null,
    -- The row and the mapping that the verdict is about; null has it looked at again.
    row_print blob,
    mapping_print blob,
    -- never | there | withdrawn
    presence text not null default 'never',
    remote_id text,
    accepted_print blob,
    accepted_version integer,
    review text not null default 'none',
    opinion text not null default '',
    -- city | adopted
    origin text not null default 'city',
    version integer not null default 0,
    -- The newest delivery that is neither accepted nor superseded.
    owed integer,
    first_seen integer not null,
    changed_at integer not null,
    unique (platform, kind, key_sort)
);
create index record_by_text on record (platform, kind, key_text);
create index record_by_remote on record (platform, kind, remote_id) where remote_id is not null;
create index record_trouble on record (platform, kind, verdict) where verdict in ('invalid', 'held');

create table delivery (
    id integer primary key,
    record integer not null references record (seq),
    platform text not null,
    kind text not null,
    route text not null,
    version integer not null,
    action text not null,
    state text not null,
    -- Why it waits, is parked or refused, in short words.
    reason text not null default '',
    -- data | program | person
    cause text not null,
    print blob,
    -- The document, by content, in `body`.
    document blob,
    next_at integer not null,
    attempts integer not null default 0,
    batch integer,
    lease text,
    lease_until integer,
    fence integer not null default 0,
    run integer not null,
    created_at integer not null,
    changed_at integer not null
);
create index delivery_ready on delivery (platform, action, kind, next_at, id)
    where state in ('queued', 'waiting_time');
create index delivery_held on delivery (route, state)
    where state in ('waiting_run', 'waiting_adoption', 'waiting_person');
create index delivery_of_children on delivery (platform) where state = 'waiting_parent';
create index delivery_out on delivery (record) where state in ('in_flight', 'in_doubt');
create index delivery_of_record on delivery (record, version);
create index delivery_of_batch on delivery (batch);

-- Parents that a delivery's document refers to.
create table need (
    delivery integer not null references delivery (id),
    kind text not null,
    key_text text not null,
    primary key (delivery, kind, key_text)
);
create index need_by_parent on need (kind, key_text);

-- Natural keys in use: one thing is reported by one record.
create table claim (
    platform text not null,
    kind text not null,
    print blob not null,
    record integer not null references record (seq),
    -- The first and the last version of the record that wanted it. What the province holds is given back only when
    -- a version that does not want it any more has been accepted.
    since integer not null,
    until integer not null,
    primary key (platform, kind, print)
);
create index claim_of_record on claim (record);

create table batch (
    id integer primary key,
    -- The idempotency key: the same for every attempt.
    key text not null unique,
    platform text not null,
    kind text not null,
    action text not null,
    -- in_flight | in_doubt | settled | dissolved
    state text not null,
    payload blob not null,
    attempts integer not null default 0,
    next_at integer not null default 0,
    lease text,
    lease_until integer,
    fence integer not null default 0,
    run integer not null,
    created_at integer not null
);
create index batch_doubtful on batch (platform, action, next_at) where state = 'in_doubt';
create index batch_flying on batch (state) where state = 'in_flight';

create table attempt (
    id integer primary key,
    batch integer not null references batch (id),
    number integer not null,
    started_at integer not null,
    took integer not null,
    status integer,
    -- Masked and capped.
    request text not null,
    answer text not null,
    outcome text not null
);
create index attempt_of_batch on attempt (batch);

create table complaint (
    record integer not null references record (seq),
    -- local (mapping, schema) | hold | province | review
    source text not null,
    position integer not null,
    version integer not null,
    id text not null,
    owner text not null,
    severity text not null,
    facts text not null,
    primary key (record, source, position)
);
create index complaint_by_id on complaint (id);

create table run (
    id integer primary key,
    route text not null,
    platform text not null,
    kind text not null,
    -- scheduled | manual | resubmission | adoption | import
    cause text not null,
    actor text not null,
    reason text not null default '',
    started_at integer not null,
    ended_at integer,
    -- running | well | trouble | held | failed | interrupted
    outcome text not null,
    counts text not null default '{}',
    note text not null default ''
);
create index run_by_route on run (route, id);

create table lane (
    platform text not null,
    action text not null,
    -- open | paused | blocked
    state text not null,
    until integer not null default 0,
    why text not null default '',
    changed_at integer not null,
    primary key (platform, action)
);

-- Documents and payloads by their content.
create table body (
    print blob not null primary key,
    content blob not null
);

-- Rows of a run that cannot be listings: there is no record to hang them on.
create table unreadable (
    run integer not null references run (id),
    position integer not null,
    named text not null,
    facts text not null,
    primary key (run, position)
);

-- Records that a scan under way has not met; judged when it turns out to be complete.
create table missing (
    run integer not null,
    record integer not null,
    primary key (run, record)
);

-- How far the province's review feed has been read.
create table feed (
    platform text not null primary key,
    after integer not null
);
";
