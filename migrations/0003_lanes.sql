-- Each job waits in a lane: what holds up one carrier holds up nothing of the other's, and codes go ahead of everything else.
-- The default is for a process of the version before, which may still be serving while this is applied.
alter table jobs add column lane text not null default 'letters' check (lane in ('text_codes', 'mail_codes', 'texts', 'letters'));
update jobs set lane = 'text_codes' where kind = 'send_code';

drop index jobs_due;
create index jobs_due on jobs (lane, run_at) where given_up_at is null;
