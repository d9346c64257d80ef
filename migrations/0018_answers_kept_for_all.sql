-- What was answered first is kept for everybody who creates something, not for customers alone. A key belongs to who
-- asks: at a tenant a customer or one of the staff.
alter table idempotency_keys drop constraint idempotency_keys_pkey;
alter table idempotency_keys
  alter column customer_id drop not null,
  add column staff_id uuid,
  add column asker_id uuid not null generated always as (coalesce(customer_id, staff_id)) stored,
  add constraint idempotency_keys_one_asker check (num_nonnulls(customer_id, staff_id) = 1),
  add foreign key (tenant_id, staff_id) references staff (tenant_id, staff_id),
  add primary key (tenant_id, asker_id, key);

-- The same for what the platform's role does: at the console, for whoever signs up, and for an office that wants a domain.
-- The key is kept as its hash, because a program's token is made of it and told again to who brings it again.
create table platform_idempotency_keys (
  asker_id uuid not null,
  key_hash bytea not null,
  -- The tenant that it is about, when it is about one.
  tenant uuid references tenants (id),
  request_hash bytea not null,
  answer jsonb not null,
  created_at timestamptz not null,
  primary key (asker_id, key_hash)
);
create index platform_idempotency_keys_tenant on platform_idempotency_keys (tenant) where tenant is not null;
create index platform_idempotency_keys_created on platform_idempotency_keys (created_at);
