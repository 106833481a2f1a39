-- +goose Up
-- What happened to work and to agents (package routing/measure). Work is an opaque id; nothing of a customer's is here.
-- Times and durations are microseconds.
create table routing_record (
  source   text not null,
  seq      bigint not null,
  at       bigint not null,
  began    bigint not null, -- the earliest moment that it bears on
  type     smallint not null,
  kind     smallint not null,
  first    smallint not null,
  work     text not null,
  queue    text not null,
  agency   text not null,
  agent    text not null,
  state    text not null,
  was      text not null,
  reason   text not null,
  target   text not null,
  arrived  bigint not null,
  entered  bigint not null,
  since    bigint not null,
  within   bigint not null,
  short    bigint not null,
  business bigint not null,
  primary key (source, seq)
);
create index routing_record_at on routing_record (at, source, seq);
create index routing_record_began on routing_record (began, source, seq);

-- The records that began what has not ended, by measure.Opening.Key.
create table routing_open (
  key    text primary key,
  source text not null,
  seq    bigint not null
);

create table routing_queue (
  start              bigint not null,
  queue              text not null,
  kind               smallint not null,
  agency             text not null,
  offered            bigint not null,
  overflowed_in      bigint not null,
  answered           bigint not null,
  in_time            bigint not null,
  abandoned          bigint not null,
  abandoned_late     bigint not null,
  short_abandoned    bigint not null,
  overflowed_out     bigint not null,
  diverted           bigint not null,
  expired            bigint not null,
  closed             bigint not null,
  lost               bigint not null,
  transferred_in     bigint not null,
  transfer_answered  bigint not null,
  transfer_abandoned bigint not null,
  transfer_left      bigint not null,
  transferred_out    bigint not null,
  offers             bigint not null,
  no_answers         bigint not null,
  declines           bigint not null,
  handled            bigint not null,
  wrapped_up         bigint not null,
  responded          bigint not null,
  resolved           bigint not null,
  reopened           bigint not null,
  wait_answered      bigint not null,
  wait_abandoned     bigint not null,
  longest_wait       bigint not null,
  in_hand            bigint not null,
  hold               bigint not null,
  wrap_up            bigint not null,
  response           bigint not null,
  resolution         bigint not null,
  primary key (start, queue, kind)
);

create table routing_agent (
  start         bigint not null,
  agent         text not null,
  offers        bigint not null,
  answered      bigint not null,
  mails         bigint not null,
  no_answers    bigint not null,
  declines      bigint not null,
  handled       bigint not null,
  transfers     bigint not null,
  ready         bigint not null,
  mailing       bigint not null,
  ringing       bigint not null,
  busy          bigint not null,
  wrap_up       bigint not null,
  break         bigint not null,
  not_answering bigint not null,
  offline       bigint not null,
  primary key (start, agent)
);
