-- +goose Up
create table registry_published (
  version    bigint primary key,
  months     bigint not null,
  digits     bigint not null,
  published  bigint not null,
  first_by   text not null,
  second_by  text not null
);

create table registry_grant (
  id           text primary key,
  person       text not null,
  agency       text not null,
  until        bigint not null,
  granted      bigint not null,
  granted_by   text not null,
  withdrawn    bigint not null,
  withdrawn_by text not null
);
create index registry_grant_person on registry_grant (person, agency, until);
