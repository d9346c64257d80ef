-- The platform's own people, and the tokens of its programs. Global: nothing here is a tenant's, and nothing of a
-- tenant's is reached from here.
create table operators (
  id uuid primary key,
  email text not null unique,
  name text not null,
  created_at timestamptz not null,
  removed_at timestamptz
);

create table operator_sessions (
  id uuid primary key,
  operator_id uuid not null references operators (id) on delete cascade,
  token_hash bytea not null unique,
  user_agent text not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index operator_sessions_operator on operator_sessions (operator_id);

-- What a program shows instead of a session. It belongs to the platform and outlives whoever made it, until it is revoked.
create table operator_tokens (
  id uuid primary key,
  name text not null,
  token_hash bytea not null unique,
  scope text not null check (scope in ('read', 'write')),
  made_by text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- Who did what at the platform. Server roles may add and read, never change or remove.
create table operator_events (
  id uuid primary key,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('operator', 'token', 'system')),
  actor_id uuid,
  actor_name text not null,
  action text not null,
  subject_id uuid not null,
  details jsonb not null default '{}'
);
create index operator_events_subject on operator_events (subject_id, at);

alter table challenges drop constraint challenges_purpose_check,
  add constraint challenges_purpose_check check (purpose in ('customer', 'staff', 'signup', 'operator'));
alter table address_counters drop constraint address_counters_purpose_check,
  add constraint address_counters_purpose_check check (purpose in ('customer', 'staff', 'signup', 'operator'));
alter table known_browsers drop constraint known_browsers_purpose_check,
  add constraint known_browsers_purpose_check check (purpose in ('customer', 'staff', 'operator'));
