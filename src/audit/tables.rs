//! The log's tables.

use crate::db::Migration;

/// The tables of this room, versions 1000 and up.
pub const MIGRATIONS: &[Migration] = &[Migration {
    version: 1000,
    about: "audit log",
    sql: "
-- One event, in the order of the tree. Empty text where a field concerns nothing, null for an unknown version.
-- `items` is the stored form of its items; it stands last, so that a list that does not ask for it skips it.
create table audit_leaf (
    idx integer primary key,
    time integer not null,
    event text not null,
    actor text not null,
    role text not null,
    run text not null,
    platform text not null,
    kind text not null,
    route text not null,
    mapping blob,
    schema blob,
    profile blob,
    program blob,
    subject text not null,
    items blob not null
);

-- 48 bytes an item: the salts of row, document and payload. Overwritten with zeros to erase; the commitments
-- in the leaf stay and then say nothing to anybody.
create table audit_salt (
    leaf integer primary key,
    salts blob not null
);

-- The hashes of the tree, 64 to a tile: level 0 holds the leaves' hashes, each level above the roots of the full
-- tiles below it.
create table audit_tile (
    level integer not null,
    position integer not null,
    hashes blob not null,
    primary key (level, position)
);

-- Signed heads. The note is what counts; its size is repeated for queries.
create table audit_checkpoint (
    number integer primary key,
    size integer not null,
    note text not null
);

-- Every version of every loaded file, in full, by the SHA-256 of its text.
create table kept (
    hash blob not null,
    name text not null,
    text text not null,
    primary key (hash, name)
);

-- Which version of a file was loaded last.
create table kept_current (
    name text primary key,
    hash blob not null
);
",
}];
