-- name: AddPerson :exec
insert into person (id, name, display, password, disabled, skills, languages, created, capacity, tiers, weights)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: SetPersonProfile :execrows
update person set display = $2, disabled = $3, skills = $4, languages = $5, capacity = $6, tiers = $7, weights = $8 where id = $1;

-- name: SetPersonPassword :execrows
update person set password = $2 where id = $1;

-- name: Person :one
select * from person where id = $1;

-- name: PersonNamed :one
select * from person where name = $1;

-- name: People :many
select * from person order by name limit $1;

-- name: AddRole :exec
insert into person_role (person, role, agency) values ($1, $2, $3);

-- name: DropRoles :exec
delete from person_role where person = $1;

-- name: RolesOf :many
select person, role, agency from person_role where person = $1 order by role, agency;

-- name: AllRoles :many
select person, role, agency from person_role order by person, role, agency;

-- name: AddTraining :exec
insert into person_training (person, course, passed, until, recorded_by, recorded_at) values ($1, $2, $3, $4, $5, $6);

-- name: TrainingOf :many
select person, course, passed, until from person_training where person = $1 order by seq;

-- name: AllTraining :many
select person, course, passed, until from person_training order by seq;

-- name: AddSession :exec
insert into session (hash, id, person, created, seen) values ($1, $2, $3, $4, $5);

-- name: Session :one
select hash, id, person, created, seen from session where hash = $1;

-- name: SessionSeen :exec
update session set seen = sqlc.arg(at) where hash = sqlc.arg(hash) and seen < sqlc.arg(at);

-- name: EndSession :exec
delete from session where hash = $1;

-- name: EndSessions :exec
delete from session where person = sqlc.arg(person) and hash <> sqlc.arg(except_hash);

-- name: DropSessions :exec
delete from session where seen < sqlc.arg(seen_before) or created < sqlc.arg(created_before);
