-- +goose Up
create table city_version (
  number bigint primary key,
  at     bigint not null,
  actor  text not null,
  body   bytea not null
);

create table person (
  id        text primary key,
  name      text not null unique,
  display   text not null,
  password  text not null,
  disabled  smallint not null,
  skills    text not null,
  languages text not null,
  created   bigint not null
);

create table person_role (
  person text not null references person (id),
  role   text not null,
  agency text not null,
  primary key (person, role, agency)
);

create table person_training (
  seq         bigint generated always as identity primary key,
  person      text not null references person (id),
  course      text not null,
  passed      bigint not null,
  until       bigint not null,
  recorded_by text not null,
  recorded_at bigint not null
);
create index person_training_person on person_training (person, seq);

create table session (
  hash    bytea primary key,
  id      text not null unique,
  person  text not null references person (id),
  created bigint not null,
  seen    bigint not null
);
create index session_person on session (person);
create index session_seen on session (seen);
