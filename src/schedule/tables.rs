//! The schedule's tables.

use crate::db::Migration;

/// The tables of this room, versions 3000 and up.
pub const MIGRATIONS: &[Migration] = &[Migration {
    version: 3000,
    about: "schedule",
    sql: "
-- One due time of one route, and what became of it. `started` is on its way to `ran`.
create table due (
    route text not null,
    due_at integer not null,
    outcome text not null,
    -- The ledger's run, once there is one.
    run integer,
    reason text not null,
    decided_at integer not null,
    -- Until when a started run counts as alive; whoever runs it prolongs it.
    lease_until integer,
    primary key (route, due_at)
);
create index due_started on due (outcome, route);

-- Where each route stands: all its due times up to `decided_until` are rows above.
create table timed_route (
    route text primary key,
    cron text not null,
    decided_until integer not null,
    -- Set while the route is paused.
    paused_at integer,
    paused_by text,
    pause_reason text
);
",
}];
