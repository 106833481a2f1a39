-- +goose Up
-- A recording's row holds its identification and technical facts, nothing else (M7): no number, name, address, call id, text.
create table recording (
  key           text primary key,
  day           text not null,
  seat          text not null,
  fragment      text not null,
  agency        text not null,
  queue         text not null,
  session       text not null,
  part          bigint not null,
  announcement  text not null,
  language      text not null,
  codec         text not null,
  started       bigint not null,
  length        bigint not null,
  gaps          bigint not null,
  state         text not null,
  hold          smallint not null,
  destroy       text not null,
  key_ref       text not null,
  gate          text not null,
  hash          text not null
);
create index recording_found on recording (agency, started);
create index recording_due on recording (destroy, agency);
create index recording_state on recording (state);

create table destruction (
  key   text primary key,
  at    bigint not null,
  due   text not null,
  rule  text not null,
  late  smallint not null
);
create index destruction_at on destruction (at);

create table gate_used (
  gate    text not null,
  part    bigint not null,
  session text not null,
  expires bigint not null,
  primary key (gate, part)
);

create table play_used (
  play    text primary key,
  expires bigint not null
);

create table clock (
  id   bigint primary key,
  mark text not null
);
