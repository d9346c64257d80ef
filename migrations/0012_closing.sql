-- A tenant that is being closed: until when it can be opened again, when its owners are next reminded of that, and who
-- closed it. What is without an end of its grace cannot be purged.
alter table tenants
  add column grace_ends_at timestamptz,
  add column reminder_at timestamptz,
  add column closed_by text not null default '';
update tenants set grace_ends_at = coalesce(status_changed_at, updated_at) + interval '30 days', reminder_at = now() where status = 'closing';
alter table tenants add constraint tenants_grace check (status = 'closing' or num_nonnulls(grace_ends_at, reminder_at) = 0);
create index tenants_closing on tenants (grace_ends_at) where status = 'closing';

-- The names of a tenant that is gone are kept for nobody.
alter table retired_names alter column tenant drop not null;

-- What is left of a tenant that was purged. The document is what the hash is of, letter by letter.
create table deletion_certificates (
  tenant uuid primary key,
  subdomain text not null,
  business_name text not null,
  purged_at timestamptz not null,
  document text not null,
  hash bytea not null check (hash = sha256(convert_to(document, 'UTF8')))
);
create index deletion_certificates_purged on deletion_certificates (purged_at);

-- How much each tenant uses, as it was last counted: numbers alone, so that the platform need not look at what they are of.
create table tenant_usage (
  tenant uuid primary key references tenants (id) on delete cascade,
  counted_at timestamptz not null,
  customers bigint not null,
  staff bigint not null,
  storage_bytes bigint not null,
  last_activity_at timestamptz
);
create index tenant_usage_counted on tenant_usage (counted_at);

-- Of each day, in UTC, on which there was anything.
create table tenant_days (
  day date not null,
  tenant uuid not null references tenants (id) on delete cascade,
  requests integer not null,
  messages integer not null,
  primary key (day, tenant)
);
create index tenant_days_tenant on tenant_days (tenant);

-- Whether anybody knows a person is asked when a tenant is gone.
create index registration_requests_person on registration_requests (customer_id, tenant_id);
