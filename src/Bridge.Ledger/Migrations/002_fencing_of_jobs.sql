-- Which leadership a job is known from. A row of an older one changes nothing; 0 is older than any.
alter table job add column fencing_token bigint not null default 0;
