-- +goose Up
-- Who had a case last is asked first when the customer writes again; the language (of the words, where they tell it) is a skill
-- that its agent needs; answered is 1 once a reply was handed to be sent.
alter table mail_case add column last_agent text not null default '';
alter table mail_case add column language text not null default '';
alter table mail_case add column answered smallint not null default 0;
update mail_case set last_agent = agent;
update mail_case set answered = 1 where exists (select 1 from mail_message m where m.case_id = mail_case.id and m.direction = 'out');
