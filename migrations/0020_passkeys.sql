-- Passkeys of staff and of operators: public keys, each good at the one host that it was made at. What signs is in their
-- owners' devices. `credential` is what the library that verifies them keeps of one.
create table staff_passkeys (
  tenant_id uuid not null references tenants (id),
  passkey_id uuid not null,
  staff_id uuid not null,
  host text not null,
  credential_id bytea not null,
  credential jsonb not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (tenant_id, passkey_id),
  unique (tenant_id, credential_id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, staff_id) on delete cascade
);
create index staff_passkeys_staff on staff_passkeys (tenant_id, staff_id);

create table operator_passkeys (
  id uuid primary key,
  operator_id uuid not null references operators (id) on delete cascade,
  host text not null,
  credential_id bytea not null unique,
  credential jsonb not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index operator_passkeys_operator on operator_passkeys (operator_id);

-- What a device is asked to sign, once, within minutes, in the browser that asked for it. `holder` is for whom a key is
-- being made; nobody, when one is being used: the key says whose it is.
create table passkey_challenges (
  id uuid primary key,
  host text not null,
  holder uuid,
  browser_hash bytea not null,
  state jsonb not null,
  expires_at timestamptz not null
);
create index passkey_challenges_expired on passkey_challenges (expires_at);

-- The passkey that a session began with; none, when it began with a code. No key to it: a session outlives its passkey's row.
alter table staff_sessions add column passkey_id uuid;
alter table operator_sessions add column passkey_id uuid;
