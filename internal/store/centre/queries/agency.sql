-- name: AddCityVersion :exec
insert into city_version (number, at, actor, body) values ($1, $2, $3, $4);

-- name: CityVersion :one
select number, at, actor, body from city_version where number = $1;

-- name: NewestCityVersion :one
select number, at, actor, body from city_version order by number desc limit 1;

-- name: CityVersions :many
select number, at, actor from city_version order by number desc limit $1;
