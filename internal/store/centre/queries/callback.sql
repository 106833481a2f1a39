-- name: AddCallback :exec
insert into callback (id, ring, queue, agency, language, state, outcome, agent, requested, until, expires, not_before, tries, sealed, once)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: SetCallback :execrows
update callback set state = sqlc.arg(state), outcome = sqlc.arg(outcome), agent = sqlc.arg(agent), not_before = sqlc.arg(not_before),
  tries = sqlc.arg(tries), sealed = sqlc.arg(sealed), once = sqlc.arg(once)
where id = sqlc.arg(id) and state = sqlc.arg(was);

-- name: DropCallback :execrows
delete from callback where id = $1;

-- name: Callback :one
select * from callback where id = $1;

-- name: Callbacks :many
select * from callback order by requested, id limit $1;
