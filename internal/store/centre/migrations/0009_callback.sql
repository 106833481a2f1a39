-- +goose Up
-- Callbacks that are owed. sealed is the number under a key that is in a file outside the database and its backups; once is a
-- keyed hash under the same key, to find a second request from the same number. Both are empty from the end on. ring names
-- the folder of keys, for each node has its own.
create table callback (
  id         text primary key,
  ring       text not null,
  queue      text not null,
  agency     text not null,
  language   text not null,
  state      text not null,
  outcome    text not null,
  agent      text not null,
  requested  bigint not null,
  until      bigint not null,
  expires    bigint not null,
  not_before bigint not null,
  tries      bigint not null,
  sealed     bytea not null,
  once       bytea not null
);
create index callback_expires on callback (expires);
