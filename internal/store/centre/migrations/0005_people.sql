-- +goose Up
alter table person add column capacity text not null default '{}';
alter table person add column tiers text not null default '{}';
alter table person add column weights text not null default '{}';

-- Emergency closings: one of a queue at a time, kept so that they outlast a restart.
create table queue_closing (
  queue     text primary key,
  agency    text not null,
  reason    text not null,
  since     bigint not null,
  until     bigint not null,
  closed_by text not null
);
