-- name: AddPrompt :exec
insert into prompt_version (id, lang, name, at, actor, source, words, length, hash, narrow, wide)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: CountPrompts :one
select count(*) from prompt_version where lang = $1 and name = $2;

-- name: CountPromptNames :one
select count(*) from (select distinct lang, name from prompt_version) as names;

-- name: DropPrompt :execrows
delete from prompt_version where id = $1 and not exists (select 1 from prompt_heard h where h.version = prompt_version.id);

-- name: SetHeardPrompt :exec
insert into prompt_heard (lang, name, version) values ($1, $2, $3)
on conflict (lang, name) do update set version = excluded.version;

-- name: DropHeardPrompt :execrows
delete from prompt_heard where lang = $1 and name = $2;

-- name: Prompts :many
select p.id, p.lang, p.name, p.at, p.actor, p.source, p.words, p.length, p.hash, coalesce(h.version, '') as heard
from prompt_version p left join prompt_heard h on h.version = p.id
order by p.lang, p.name, p.at desc, p.id limit $1;

-- name: Prompt :one
select p.id, p.lang, p.name, p.at, p.actor, p.source, p.words, p.length, p.hash, p.narrow, p.wide, coalesce(h.version, '') as heard
from prompt_version p left join prompt_heard h on h.version = p.id
where p.id = $1;

-- name: HeardPrompts :many
select p.id, p.lang, p.name, p.words, p.hash from prompt_heard h join prompt_version p on p.id = h.version order by p.lang, p.name limit $1;
