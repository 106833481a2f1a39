-- name: AddPublished :exec
insert into registry_published (version, months, digits, published, first_by, second_by) values ($1, $2, $3, $4, $5, $6);

-- name: NewestPublished :one
select version, months, digits, published, first_by, second_by from registry_published order by version desc limit 1;

-- name: AddListenGrant :exec
insert into registry_grant (id, person, agency, until, granted, granted_by, withdrawn, withdrawn_by) values ($1, $2, $3, $4, $5, $6, 0, '');

-- name: WithdrawListenGrant :execrows
update registry_grant set withdrawn = $1, withdrawn_by = $2 where id = $3 and withdrawn = 0;

-- name: ListenGrant :one
select id, person, agency, until, granted, granted_by, withdrawn, withdrawn_by from registry_grant where id = $1;

-- name: ListenGrants :many
select id, person, agency, until, granted, granted_by, withdrawn, withdrawn_by from registry_grant where withdrawn = 0 and until > $1 order by granted desc, id limit $2;

-- name: CountListenGrants :one
select count(*) from registry_grant where person = $1 and agency = $2 and withdrawn = 0 and until > $3;
