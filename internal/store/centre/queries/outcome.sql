-- name: AddOutcome :exec
insert into outcome_count (queue, start, code, n) values ($1, $2, $3, 1)
on conflict (queue, start, code) do update set n = outcome_count.n + 1;

-- name: Outcomes :many
select queue, start, code, n from outcome_count
where start >= sqlc.arg(since) and start < sqlc.arg(until) order by start, queue, code limit sqlc.arg(most);

-- name: DropOutcomes :execrows
delete from outcome_count where start < $1;
