-- Tables only: policies, grants and functions live in replaceable/ and are applied again when they change.
-- A table with `tenant_id` is a tenant's: the id leads every key and every index of it, and policies are
-- made for it by a loop over the catalog. A table without it is global, and only the roles named in
-- replaceable/grants.sql can reach it at all.

-- ── Global ──────────────────────────────────────────────────────────────────────────────────────────

create table tenants (
  id uuid primary key,
  slug text not null unique,
  business_name text not null,
  status text not null default 'active' check (status in ('demo', 'active', 'suspended', 'closing', 'purged')),
  country text not null check (country ~ '^[A-Z]{2}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  time_zone text not null,
  brand_colour text not null check (brand_colour ~ '^#[0-9a-f]{6}$'),
  opening_text text not null default '',
  contact_email text not null default '',
  contact_phone text not null default '',
  contact_address text not null default '',
  sms_countries text[] not null,
  logo bytea,
  logo_type text check (logo_type in ('image/svg+xml', 'image/png')),
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- One person, known by one phone number, everywhere. No tenant role has any grant here.
create table customers (
  id uuid primary key,
  phone text not null unique check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  created_at timestamptz not null,
  last_proven_at timestamptz not null,
  unique (id, phone)
);

-- A question «is this address yours?», asked of one browser on one host. The code itself is never
-- stored: it is derived from the server's key and the challenge's id.
create table challenges (
  id uuid primary key,
  host text not null,
  purpose text not null check (purpose in ('customer', 'staff')),
  address text not null,
  browser_hash bytea not null,
  key_version smallint not null,
  guesses smallint not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index challenges_live on challenges (browser_hash, host, purpose, address);
create index challenges_expired on challenges (expires_at);

-- When an address was sent codes and when guesses were made at it, over the rolling day. Keyed by an
-- HMAC of the address, so that erasing a person does not reset what protects the next owner.
create table address_counters (
  address_key bytea not null,
  purpose text not null check (purpose in ('customer', 'staff')),
  sent_at timestamptz[] not null default '{}',
  sent_hosts text[] not null default '{}',
  guessed_at timestamptz[] not null default '{}',
  primary key (address_key, purpose)
);

-- Token buckets: by network, number prefix, tenant, platform, and for codes nobody has proven yet.
create table allowances (
  kind text not null,
  key bytea not null,
  tokens double precision not null,
  filled_at timestamptz not null,
  primary key (kind, key)
);

-- A one-time pass from one host to another for the same browser. Only hashes are kept.
create table hand_overs (
  ticket_hash bytea primary key,
  customer_id uuid not null references customers (id) on delete cascade,
  phone text not null,
  target_host text not null,
  browser_hash bytea not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index hand_overs_expired on hand_overs (expires_at);

-- The queue. It names things by id and holds nothing about anybody; what a job is about is read in the
-- scope of the tenant it is for. No foreign keys, so that it can stay a local table when tables are
-- spread over machines.
create table jobs (
  id uuid primary key,
  kind text not null,
  for_tenant uuid,
  subject_id uuid not null,
  attempts smallint not null default 0,
  run_at timestamptz not null,
  created_at timestamptz not null,
  given_up_at timestamptz,
  last_error text
);
create index jobs_due on jobs (run_at) where given_up_at is null;

-- ── A tenant's ──────────────────────────────────────────────────────────────────────────────────────

create table staff (
  tenant_id uuid not null references tenants (id),
  staff_id uuid not null,
  email text not null,
  name text not null,
  role text not null check (role in ('owner', 'manager', 'sales', 'picker')),
  created_at timestamptz not null,
  removed_at timestamptz,
  primary key (tenant_id, staff_id),
  unique (tenant_id, email)
);

create table staff_sessions (
  tenant_id uuid not null references tenants (id),
  session_id uuid not null,
  staff_id uuid not null,
  token_hash bytea not null,
  user_agent text not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, session_id),
  unique (tenant_id, token_hash),
  foreign key (tenant_id, staff_id) references staff (tenant_id, staff_id) on delete cascade
);
create index staff_sessions_staff on staff_sessions (tenant_id, staff_id);

create table trade_accounts (
  tenant_id uuid not null references tenants (id),
  account_id uuid not null,
  account_number text not null,
  business_name text not null,
  town text not null default '',
  country text not null check (country ~ '^[A-Z]{2}$'),
  created_at timestamptz not null,
  primary key (tenant_id, account_id),
  unique (tenant_id, account_number)
);

-- Lets a customer into a tenant's counter, for one trade account. The phone is repeated through the key
-- so that tenant roles need no grant on customers, and follows when the customer changes it.
create table account_access (
  tenant_id uuid not null references tenants (id),
  access_id uuid not null,
  account_id uuid not null,
  customer_id uuid not null,
  phone text not null,
  contact_name text not null,
  role text not null check (role in ('owner', 'buyer')),
  status text not null check (status in ('active', 'suspended')),
  created_at timestamptz not null,
  primary key (tenant_id, access_id),
  unique (tenant_id, customer_id),
  foreign key (tenant_id, account_id) references trade_accounts (tenant_id, account_id),
  foreign key (customer_id, phone) references customers (id, phone) on update cascade
);
create index account_access_account on account_access (tenant_id, account_id);
create index account_access_customer on account_access (customer_id, tenant_id);

create table sessions (
  tenant_id uuid not null references tenants (id),
  session_id uuid not null,
  customer_id uuid not null,
  phone text not null,
  token_hash bytea not null,
  user_agent text not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, session_id),
  unique (tenant_id, token_hash),
  foreign key (customer_id, phone) references customers (id, phone) on update cascade on delete cascade
);
create index sessions_customer on sessions (customer_id, tenant_id) where ended_at is null;
create index sessions_tenant_customer on sessions (tenant_id, customer_id);

create table registration_requests (
  tenant_id uuid not null references tenants (id),
  request_id uuid not null,
  customer_id uuid not null,
  phone text not null,
  business_name text not null,
  contact_name text not null,
  message text not null default '',
  status text not null check (status in ('pending', 'approved', 'rejected', 'withdrawn')),
  reason text not null default '',
  decided_by text not null default '',
  created_at timestamptz not null,
  decided_at timestamptz,
  primary key (tenant_id, request_id),
  foreign key (customer_id, phone) references customers (id, phone) on update cascade
);
create unique index registration_requests_one_pending
  on registration_requests (tenant_id, customer_id) where status = 'pending';
create index registration_requests_customer on registration_requests (tenant_id, customer_id, created_at);
create index registration_requests_status on registration_requests (tenant_id, status, created_at);

-- What was or is to be said to whom. Never a code: those are made when they are sent.
create table messages (
  tenant_id uuid not null references tenants (id),
  message_id uuid not null,
  channel text not null check (channel in ('sms', 'email')),
  recipient text not null,
  subject text not null default '',
  text text not null,
  status text not null check (status in ('waiting', 'sent', 'failed')),
  provider_reference text,
  created_at timestamptz not null,
  sent_at timestamptz,
  primary key (tenant_id, message_id)
);
create index messages_created on messages (tenant_id, created_at);

-- Who did what. Server roles may add and read, never change or remove.
create table audit_events (
  tenant_id uuid not null references tenants (id),
  event_id uuid not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('customer', 'staff', 'operator', 'system')),
  actor_id uuid,
  actor_name text not null,
  action text not null,
  subject_kind text not null,
  subject_id uuid not null,
  details jsonb not null default '{}',
  primary key (tenant_id, event_id)
);
create index audit_events_subject on audit_events (tenant_id, subject_id, at);

-- The answer that was given to a creating request, kept with what it created.
create table idempotency_keys (
  tenant_id uuid not null references tenants (id),
  customer_id uuid not null references customers (id) on delete cascade,
  key text not null,
  request_hash bytea not null,
  subject_id uuid not null,
  created_at timestamptz not null,
  primary key (tenant_id, customer_id, key)
);
