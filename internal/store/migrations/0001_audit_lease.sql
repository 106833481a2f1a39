-- +goose Up
create table audit_entry (
  seq     bigint generated always as identity primary key,
  id      text not null unique,
  at      bigint not null,
  action  text not null,
  actor   text not null,
  agency  text not null,
  object  text not null,
  purpose text not null,
  success smallint not null,
  salt    bytea,
  body    bytea,
  mac     bytea not null,
  leaf    bigint
);
create unique index audit_entry_leaf on audit_entry (leaf);
create index audit_entry_waiting on audit_entry (seq) where leaf is null;
create index audit_entry_at on audit_entry (at);
create index audit_entry_actor on audit_entry (actor, seq);
create index audit_entry_object on audit_entry (object, seq);

create table audit_hash (
  idx  bigint primary key,
  hash bytea not null
);

create table audit_checkpoint (
  size bigint primary key,
  at   bigint not null,
  note text not null
);

create table lease (
  name  text primary key,
  owner text not null,
  epoch bigint not null,
  beat  bigint not null
);
