-- What was given up is listed for operators, the newest first, however much waits.
create index jobs_given_up on jobs (id) where given_up_at is not null;
