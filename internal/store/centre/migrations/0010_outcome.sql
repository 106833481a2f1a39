-- +goose Up
-- How many calls of a queue ended how in a half-hour: nothing of the calls themselves.
create table outcome_count (
  queue text not null,
  start bigint not null,
  code  text not null,
  n     bigint not null,
  primary key (queue, start, code)
);
create index outcome_count_start on outcome_count (start);
