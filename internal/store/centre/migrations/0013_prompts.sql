-- +goose Up
-- Prompts that people handed in or had spoken: every version that there was, and which is heard. Sound of the city's own, nothing of
-- a customer. wide is linear PCM, 16 bits, little endian, at 16 kHz, or empty.
create table prompt_version (
  id     text primary key,
  lang   text not null,
  name   text not null,
  at     bigint not null,
  actor  text not null,
  source text not null,
  words  text not null,
  length bigint not null,
  hash   text not null,
  narrow bytea not null,
  wide   bytea not null
);
create index prompt_version_name on prompt_version (lang, name, at);

create table prompt_heard (
  lang    text not null,
  name    text not null,
  version text not null references prompt_version (id),
  primary key (lang, name)
);
