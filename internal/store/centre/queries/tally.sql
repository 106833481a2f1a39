-- name: TallyBatch :execrows
insert into tally_source (source, seq, at) values ($1, $2, $3)
on conflict (source) do update set seq = excluded.seq, at = excluded.at where tally_source.seq < excluded.seq;

-- name: AddTallySound :exec
insert into tally_sound (start, queue, agency, line, band, legs, mos, loss, jitter, class0, class1, class2, class3, class4)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (start, queue, agency, line, band) do update set
  legs = tally_sound.legs + excluded.legs,
  mos = tally_sound.mos + excluded.mos,
  loss = tally_sound.loss + excluded.loss,
  jitter = tally_sound.jitter + excluded.jitter,
  class0 = tally_sound.class0 + excluded.class0,
  class1 = tally_sound.class1 + excluded.class1,
  class2 = tally_sound.class2 + excluded.class2,
  class3 = tally_sound.class3 + excluded.class3,
  class4 = tally_sound.class4 + excluded.class4;

-- name: AddTallyEnd :exec
insert into tally_end (start, number, flow, agency, ending, n) values ($1, $2, $3, $4, $5, $6)
on conflict (start, number, flow, agency, ending) do update set n = tally_end.n + excluded.n;

-- name: TallySounds :many
select * from tally_sound where start >= sqlc.arg(since) and start < sqlc.arg(until)
order by start, queue, agency, line, band limit sqlc.arg(most);

-- name: TallyEnds :many
select * from tally_end where start >= sqlc.arg(since) and start < sqlc.arg(until)
order by start, number, flow, agency, ending limit sqlc.arg(most);

-- name: OldTallies :one
select count(*) from (
  select s.start from tally_sound s where s.start < sqlc.arg(before) union all
  select e.start from tally_end e where e.start < sqlc.arg(before) limit 1) as old;

-- name: DropTallySounds :execrows
delete from tally_sound where start < $1;

-- name: DropTallyEnds :execrows
delete from tally_end where start < $1;

-- name: DropTallySources :exec
delete from tally_source where at < $1;
