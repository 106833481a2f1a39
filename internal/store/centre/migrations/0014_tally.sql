-- +goose Up
-- Sums of half-hours (package voice/tally): how legs of calls sounded, and what became of calls that came into no queue. Nothing of
-- a person, nor of one call. mos is in thousandths, loss in millionths, jitter in microseconds, all summed over the legs.
create table tally_sound (
  start  bigint not null,
  queue  text not null,
  agency text not null,
  line   text not null,
  band   text not null,
  legs   bigint not null,
  mos    bigint not null,
  loss   bigint not null,
  jitter bigint not null,
  class0 bigint not null,
  class1 bigint not null,
  class2 bigint not null,
  class3 bigint not null,
  class4 bigint not null,
  primary key (start, queue, agency, line, band)
);

-- number is the city's own, that was called.
create table tally_end (
  start  bigint not null,
  number text not null,
  flow   text not null,
  agency text not null,
  ending text not null,
  n      bigint not null,
  primary key (start, number, flow, agency, ending)
);

-- The last batch of each start of the program, so that one that is given twice counts once.
create table tally_source (
  source text primary key,
  seq    bigint not null,
  at     bigint not null
);
