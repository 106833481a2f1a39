-- name: AddMailCase :exec
insert into mail_case (id, agency, queue, state, agent, version, arrived, changed, failed, sealed, last_agent, language, answered)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: SetMailCase :execrows
update mail_case set state = $2, agent = $3, version = $4, arrived = $5, changed = $6, failed = $7, queue = $8, last_agent = $9, language = $10,
  answered = $11 where id = $1 and version = $4 - 1;

-- name: MailCase :one
select * from mail_case where id = $1;

-- name: LiveMailCases :many
select * from mail_case where state <> 'closed' order by arrived limit $1;

-- name: AddMailParticipant :exec
insert into mail_participant (case_id, address_key) values ($1, $2) on conflict do nothing;

-- name: CountMailParticipant :one
select count(*) from mail_participant where case_id = $1 and address_key = $2;

-- name: AddMailMessage :exec
insert into mail_message (id, case_id, agency, queue, direction, segment, position, length, sha256, at, size, message_key, attachments,
  auto, bounce, raw, altered, lexed, delivery, attempts, next_try, trying, unsure, reply, sealed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25);

-- name: SetMailDelivery :exec
update mail_message set delivery = $2, attempts = $3, next_try = $4, trying = $5, unsure = $6, reply = $7 where id = $1;

-- name: SetMailLexed :exec
update mail_message set lexed = 1 where id = $1;

-- name: MailMessage :one
select * from mail_message where id = $1;

-- name: MailMessagesOfCase :many
select * from mail_message where case_id = $1 order by at, id limit $2;

-- name: MailMessagesByKey :many
select * from mail_message where agency = $1 and message_key = $2 order by at desc limit 20;

-- name: MailMessagesBySHA256 :many
select * from mail_message where sha256 = $1 order by at limit 100;

-- name: MailMessagesBetween :many
select * from mail_message where agency = $1 and at >= $2 and at < $3 order by at desc, id limit $4;

-- name: QueuedMail :many
select * from mail_message where delivery = 'queued' and next_try <= $1 order by next_try limit $2;

-- name: UnlexedMail :many
select * from mail_message where lexed = 0 order by at limit $1;

-- name: MailAfter :many
select * from mail_message where id > $1 order by id limit $2;

-- name: MailDraft :one
select * from mail_draft where case_id = $1;

-- name: PutMailDraft :exec
insert into mail_draft (case_id, version, agent, saved, sealed) values ($1, $2, $3, $4, $5)
on conflict (case_id) do update set version = excluded.version, agent = excluded.agent, saved = excluded.saved, sealed = excluded.sealed;

-- name: DropMailDraft :exec
delete from mail_draft where case_id = $1 and version <= $2;

-- name: MailCursor :one
select segment, position from mail_cursor where agency = $1;

-- name: SetMailCursor :exec
insert into mail_cursor (agency, segment, position) values ($1, $2, $3)
on conflict (agency) do update set segment = excluded.segment, position = excluded.position;

-- name: AddMailLexeme :exec
insert into mail_lexeme (agency, lexeme, at, message) values ($1, $2, $3, $4) on conflict do nothing;

-- name: MailWithLexeme :many
select message, at from mail_lexeme where agency = $1 and lexeme = $2 and at >= $3 and at < $4 order by at desc limit $5;
