-- +goose Up
-- How often recording was paused: gaps that were meant. Where they are is in the sealed index.
alter table recording add column pauses bigint not null default 0;
