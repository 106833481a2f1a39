-- name: InsertRecording :exec
insert into recording (key, day, seat, fragment, agency, queue, session, part, announcement, language, codec, started,
  length, gaps, state, hold, destroy, key_ref, gate, hash, pauses)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21);

-- name: CloseRecording :execrows
update recording set state = $2, length = $3, gaps = $4, hash = $5, pauses = $6 where key = $1;

-- name: HoldRecording :execrows
update recording set hold = $2 where key = $1;

-- name: DeleteRecording :execrows
delete from recording where key = $1;

-- name: Recording :one
select * from recording where key = $1;

-- name: SearchRecordings :many
select * from recording
where agency = sqlc.arg(agency)
  and started >= sqlc.arg(since) and started < sqlc.arg(until)
  and (sqlc.arg(seat)::text = '' or seat = sqlc.arg(seat)::text)
  and (sqlc.arg(queue)::text = '' or queue = sqlc.arg(queue)::text)
  and (sqlc.arg(fragment)::text = '' or fragment = sqlc.arg(fragment)::text)
  and (sqlc.arg(state)::text = '' or state = sqlc.arg(state)::text)
  and length >= sqlc.arg(shortest) and length <= sqlc.arg(longest)
order by started desc, key
limit sqlc.arg(most);

-- name: UnfinishedRecordings :many
select * from recording where state = 'recording' order by started;

-- name: DueRecordings :many
select * from recording where destroy <= $1 and hold = 0 order by destroy, agency, key limit $2;

-- name: HeldRecordings :many
select * from recording where hold = 1 order by destroy, agency, key;

-- name: CountStates :many
select state, count(*) as n from recording group by state;

-- name: Oldest :one
select coalesce(min(destroy), '')::text as oldest from recording;

-- name: CountLate :one
select count(*) from recording where destroy < $1 and hold = 0;

-- name: CountHeld :one
select count(*) from recording where hold = 1;

-- name: CountDestroyed :one
select count(*) from destruction;

-- name: LongestFragment :one
select coalesce(max(length(fragment)), 0)::bigint as longest from recording;

-- name: CountWithoutGate :one
select count(*) from recording where gate = '' or announcement = '' or language = '';

-- name: InsertDestruction :exec
insert into destruction (key, at, due, rule, late) values ($1, $2, $3, $4, $5);

-- name: Destructions :many
select * from destruction order by at desc, key limit $1;

-- name: InsertGate :execrows
insert into gate_used (gate, part, session, expires)
select sqlc.arg(gate)::text, sqlc.arg(part)::bigint, sqlc.arg(session)::text, sqlc.arg(expires)::bigint
where not exists (select 1 from gate_used where gate = sqlc.arg(gate)::text and session <> sqlc.arg(session)::text)
on conflict do nothing;

-- name: InsertPlay :execrows
insert into play_used (play, expires) values ($1, $2) on conflict do nothing;

-- name: PruneGates :exec
delete from gate_used where expires < $1;

-- name: PrunePlays :exec
delete from play_used where expires < $1;

-- name: SetClock :exec
insert into clock (id, mark) values (1, $1) on conflict (id) do update set mark = excluded.mark;

-- name: Clock :many
select mark from clock where id = 1;
