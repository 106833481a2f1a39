-- name: AddRoutingRecord :execrows
insert into routing_record (source, seq, at, began, type, kind, first, work, queue, agency, agent, state, was, reason, target, arrived, entered, since, within, short, business)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
on conflict do nothing;

-- name: RoutingRecordsAt :many
select * from routing_record where at >= $1 and at < $2 and (at > $1 or source > $3 or source = $3 and seq > $4)
order by at, source, seq limit $5;

-- name: RoutingRecordsBegan :many
select * from routing_record where began >= $1 and began < $2 and at >= $2 and (began > $1 or source > $3 or source = $3 and seq > $4)
order by began, source, seq limit $5;

-- name: EraseRoutingRecords :execrows
delete from routing_record where (source, seq) in (
  select r.source, r.seq from routing_record r where r.at < $1 order by r.at limit $2);

-- name: OpenRoutingRecord :exec
insert into routing_open (key, source, seq) values ($1, $2, $3)
on conflict (key) do update set source = excluded.source, seq = excluded.seq;

-- name: CloseRoutingRecord :exec
delete from routing_open where key = $1;

-- name: OpenRoutingRecords :many
select r.* from routing_open o join routing_record r on r.source = o.source and r.seq = o.seq order by r.at, r.source, r.seq limit $1;

-- name: AddRoutingQueue :exec
insert into routing_queue (start, queue, kind, agency, offered, overflowed_in, answered, in_time, abandoned, abandoned_late, short_abandoned, overflowed_out, diverted, expired,
  closed, lost, transferred_in, transfer_answered, transfer_abandoned, transfer_left, transferred_out, offers, no_answers, declines, handled, wrapped_up,
  responded, resolved, reopened, wait_answered, wait_abandoned, longest_wait, in_hand, hold, wrap_up, response, resolution)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32,
  $33, $34, $35, $36, $37)
on conflict (start, queue, kind) do update set
  agency = case when excluded.agency > routing_queue.agency then excluded.agency else routing_queue.agency end,
  offered = routing_queue.offered + excluded.offered,
  overflowed_in = routing_queue.overflowed_in + excluded.overflowed_in,
  answered = routing_queue.answered + excluded.answered,
  in_time = routing_queue.in_time + excluded.in_time,
  abandoned = routing_queue.abandoned + excluded.abandoned,
  abandoned_late = routing_queue.abandoned_late + excluded.abandoned_late,
  short_abandoned = routing_queue.short_abandoned + excluded.short_abandoned,
  overflowed_out = routing_queue.overflowed_out + excluded.overflowed_out,
  diverted = routing_queue.diverted + excluded.diverted,
  expired = routing_queue.expired + excluded.expired,
  closed = routing_queue.closed + excluded.closed,
  lost = routing_queue.lost + excluded.lost,
  transferred_in = routing_queue.transferred_in + excluded.transferred_in,
  transfer_answered = routing_queue.transfer_answered + excluded.transfer_answered,
  transfer_abandoned = routing_queue.transfer_abandoned + excluded.transfer_abandoned,
  transfer_left = routing_queue.transfer_left + excluded.transfer_left,
  transferred_out = routing_queue.transferred_out + excluded.transferred_out,
  offers = routing_queue.offers + excluded.offers,
  no_answers = routing_queue.no_answers + excluded.no_answers,
  declines = routing_queue.declines + excluded.declines,
  handled = routing_queue.handled + excluded.handled,
  wrapped_up = routing_queue.wrapped_up + excluded.wrapped_up,
  responded = routing_queue.responded + excluded.responded,
  resolved = routing_queue.resolved + excluded.resolved,
  reopened = routing_queue.reopened + excluded.reopened,
  wait_answered = routing_queue.wait_answered + excluded.wait_answered,
  wait_abandoned = routing_queue.wait_abandoned + excluded.wait_abandoned,
  longest_wait = case when excluded.longest_wait > routing_queue.longest_wait then excluded.longest_wait else routing_queue.longest_wait end,
  in_hand = routing_queue.in_hand + excluded.in_hand,
  hold = routing_queue.hold + excluded.hold,
  wrap_up = routing_queue.wrap_up + excluded.wrap_up,
  response = routing_queue.response + excluded.response,
  resolution = routing_queue.resolution + excluded.resolution;

-- name: AddRoutingAgent :exec
insert into routing_agent (start, agent, offers, answered, mails, no_answers, declines, handled, transfers, ready, mailing, ringing, busy, wrap_up, break, not_answering, offline)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict (start, agent) do update set
  offers = routing_agent.offers + excluded.offers,
  answered = routing_agent.answered + excluded.answered,
  mails = routing_agent.mails + excluded.mails,
  no_answers = routing_agent.no_answers + excluded.no_answers,
  declines = routing_agent.declines + excluded.declines,
  handled = routing_agent.handled + excluded.handled,
  transfers = routing_agent.transfers + excluded.transfers,
  ready = routing_agent.ready + excluded.ready,
  mailing = routing_agent.mailing + excluded.mailing,
  ringing = routing_agent.ringing + excluded.ringing,
  busy = routing_agent.busy + excluded.busy,
  wrap_up = routing_agent.wrap_up + excluded.wrap_up,
  break = routing_agent.break + excluded.break,
  not_answering = routing_agent.not_answering + excluded.not_answering,
  offline = routing_agent.offline + excluded.offline;

-- name: RoutingQueues :many
select * from routing_queue where start >= $1 and start < $2 order by start, queue, kind;

-- name: RoutingAgents :many
select * from routing_agent where start >= $1 and start < $2 order by start, agent;

-- name: EraseRoutingQueues :execrows
delete from routing_queue where (start, queue, kind) in (
  select q.start, q.queue, q.kind from routing_queue q where q.start < $1 order by q.start limit $2);

-- name: EraseRoutingAgents :execrows
delete from routing_agent where (start, agent) in (
  select a.start, a.agent from routing_agent a where a.start < $1 order by a.start limit $2);

-- name: OldRouting :one
select count(*) from (
  select r.at from routing_record r where r.at < $1 union all
  select q.start from routing_queue q where q.start < $2 union all
  select a.start from routing_agent a where a.start < $3 limit 1) as old;
