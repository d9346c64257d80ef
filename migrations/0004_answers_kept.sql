-- A creating request that is sent again gets the answer it got the first time: that answer is kept, whatever
-- became of what was created. The keys of before have none, and are forgotten.
truncate idempotency_keys;
alter table idempotency_keys drop column subject_id;
alter table idempotency_keys add column answer jsonb not null;
