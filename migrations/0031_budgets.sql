-- Of the codes that an allowance is for: how many were entered, and how many it has refused, each fading with time from when it was last
-- counted (src/challenges/budgets.rs). Whoever proves their numbers has more, and whoever is refused and refused has less.
alter table allowances
  add column proven double precision not null default 0,
  add column proven_at timestamptz not null default 'epoch',
  add column refused double precision not null default 0,
  add column refused_at timestamptz not null default 'epoch';

-- Proofs of work that have been used, until they would be too old anyway.
create table used_proofs (
  signature bytea primary key check (octet_length(signature) = 32),
  expires_at timestamptz not null
);

-- When codes for strangers ran out where many share an allowance, for the platform's people.
create table alarms (
  id uuid primary key,
  began_at timestamptz not null,
  kind text not null check (kind in ('prefix', 'unproven', 'country', 'tenant', 'platform')),
  -- The allowance: whether it still refuses stands there.
  key bytea not null,
  -- At whose counter; none when it is about all of them.
  for_tenant uuid references tenants (id) on delete cascade,
  -- The country of the numbers, or nothing.
  country text not null default '',
  -- What numbers in a row have in common: all but their last four digits.
  numbers text not null default '',
  -- Whether a letter goes about it: not when one about the same kind went shortly before.
  is_told boolean not null
);
create index alarms_latest on alarms (began_at desc, id desc);
create index alarms_of_tenant on alarms (for_tenant);
