-- Rows are deleted once they are older than Bridge was told to keep them. The first script's "never deleted by Bridge" holds no more.
create index action_by_age on action ((coalesce(last_at, at)));
create index job_by_age on job ((coalesce(end_time, changed_at))) where state_rank = 2;
