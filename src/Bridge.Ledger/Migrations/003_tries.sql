-- A step that fails again in the same words is one row: how often it was tried, and when last (null where once).
alter table action add column tries integer not null default 1 check (tries > 0);
alter table action add column last_at timestamptz;

drop index action_by_cluster;
drop index action_by_key;
create index action_by_cluster on action (cluster, (coalesce(last_at, at)) desc);
create index action_by_key on action (cluster, key, (coalesce(last_at, at)) desc);
