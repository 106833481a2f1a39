-- name: SetClosing :exec
insert into queue_closing (queue, agency, reason, since, until, closed_by) values ($1, $2, $3, $4, $5, $6)
on conflict (queue) do update set agency = excluded.agency, reason = excluded.reason, since = excluded.since,
  until = excluded.until, closed_by = excluded.closed_by;

-- name: DropClosing :execrows
delete from queue_closing where queue = sqlc.arg(queue) and until > sqlc.arg(now);

-- name: DropClosings :exec
delete from queue_closing where until <= sqlc.arg(now);

-- name: Closings :many
select queue, agency, reason, since, until, closed_by from queue_closing where until > sqlc.arg(now) order by queue limit sqlc.arg(most);
