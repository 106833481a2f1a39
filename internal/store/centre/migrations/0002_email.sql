-- +goose Up
-- Everything about a customer is in "sealed" columns (under the agency's seal key) or an HMAC (under its index key).
create table mail_case (
  id       text primary key,
  agency   text not null,
  queue    text not null,
  state    text not null,
  agent    text not null,
  version  bigint not null,
  arrived  bigint not null,
  changed  bigint not null,
  failed   smallint not null,
  sealed   bytea not null
);
create index mail_case_live on mail_case (arrived) where state <> 'closed';
create index mail_case_agency on mail_case (agency, arrived);

create table mail_participant (
  case_id     text not null references mail_case (id),
  address_key bytea not null,
  primary key (case_id, address_key)
);

create table mail_message (
  id          text primary key,
  case_id     text not null references mail_case (id),
  agency      text not null,
  queue       text not null,
  direction   text not null,
  segment     bigint not null,
  position    bigint not null,
  length      bigint not null,
  sha256      text not null,
  at          bigint not null,
  size        bigint not null,
  message_key bytea not null,
  attachments bigint not null,
  auto        smallint not null,
  bounce      smallint not null,
  raw         smallint not null,
  altered     smallint not null,
  lexed       smallint not null,
  delivery    text not null,
  attempts    bigint not null,
  next_try    bigint not null,
  trying      smallint not null,
  unsure      smallint not null,
  reply       text not null,
  sealed      bytea not null
);
create index mail_message_case on mail_message (case_id, at);
create index mail_message_key on mail_message (agency, message_key);
create index mail_message_sha256 on mail_message (sha256);
create index mail_message_agency on mail_message (agency, at);
create index mail_message_queued on mail_message (next_try) where delivery = 'queued';
create index mail_message_unlexed on mail_message (at) where lexed = 0;

create table mail_draft (
  case_id text primary key references mail_case (id),
  version bigint not null,
  agent   text not null,
  saved   bigint not null,
  sealed  bytea not null
);

create table mail_cursor (
  agency  text primary key,
  segment bigint not null,
  position bigint not null
);

create table mail_lexeme (
  agency  text not null,
  lexeme  bigint not null,
  at      bigint not null,
  message text not null references mail_message (id),
  primary key (agency, lexeme, at, message)
);
