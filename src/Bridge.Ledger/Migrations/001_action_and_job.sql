-- What Bridge did and what Slurm ran. Both tables are append-or-advance: a row is never moved back and never deleted by Bridge.

-- One row per executed step. (writer, sequence) makes a replayed batch harmless: the same row is the same key.
create table action (
    writer        text        not null,
    sequence      bigint      not null,
    at            timestamptz not null,
    cluster       text        not null,
    key           text        not null,
    kind          text        not null,
    about         text        not null,
    why           text        not null,
    result        text        not null check (result in ('Done', 'Gone', 'Conflict', 'Unavailable', 'Rejected')),
    detail        text        not null,
    fencing_token bigint      not null,
    primary key (writer, sequence)
);

create index action_by_cluster on action (cluster, at desc);
create index action_by_key on action (cluster, key, at desc);

-- One row per submission. Slurm reuses ids after they wrap and a requeue keeps its id but not its submit time.
create table job (
    cluster            text        not null,
    job_id             bigint      not null,
    submit_time        timestamptz not null,
    state              text        not null check (state <> ''),
    state_rank         smallint    not null generated always as (
        case when state = 'PENDING' then 0 when state in ('RUNNING', 'SUSPENDED') then 1 else 2 end) stored,
    flags              text[]      not null,
    reason             text        not null,
    name               text        not null,
    user_name          text        not null,
    account            text        not null,
    partition          text        not null,
    qos                text        not null,
    array_job_id       bigint,
    array_task_id      integer,
    array_tasks        text        not null,
    het_job_id         bigint,
    het_offset         integer,
    node_count         integer     not null,
    cpus               integer     not null,
    nodes              text        not null,
    gpus               integer     not null,
    gres_detail        text[]      not null,
    start_time         timestamptz,
    end_time           timestamptz,
    time_limit_minutes integer,
    exit_code          integer,
    exit_signal        integer,
    restart_count      integer     not null,
    comment            text        not null,
    first_seen         timestamptz not null default now(),
    changed_at         timestamptz not null default now(),
    primary key (cluster, job_id, submit_time)
);

create index job_open on job (cluster) where state_rank < 2;
create index job_ended on job (cluster, end_time desc) where state_rank = 2;
