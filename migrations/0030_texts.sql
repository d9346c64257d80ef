-- Whose turn it is in the queue: the tenant's; what is for none is the platform's.
alter table jobs add column whose uuid not null
  generated always as (coalesce(for_tenant, '00000000-0000-0000-0000-000000000000')) stored;
drop index jobs_due;
create index jobs_turn on jobs (lane, whose, run_at) where given_up_at is null;

-- What a text was and cost, who took it over, and what came back of it. A code is among them without its text and without the whole
-- number: «…3456».
alter table messages
  add column is_code boolean not null default false,
  add column gateway text not null default '',
  add column segments smallint not null default 0,
  -- In millionths of the currency in which texts are paid.
  add column cost_micros bigint not null default 0 check (cost_micros >= 0),
  add column receipt_at timestamptz,
  drop constraint messages_status_check,
  add constraint messages_status_check
    check (status in ('waiting', 'sent', 'unknown', 'delivered', 'undelivered', 'failed', 'held', 'dropped'));
-- What a month has cost is summed from the index alone.
create index messages_paid on messages (tenant_id, created_at) include (cost_micros) where cost_micros > 0;

-- What a tenant's texts may cost in a month, in hundredths of that currency.
alter table tenants add column sms_limit_minor bigint not null default 10000 check (sms_limit_minor between 0 and 100000000);
