-- One of the platform's people asks to look at a wholesaler's office, and an owner there lets them in for an hour, or not.
-- Who asked is kept by the name they had, and for the database by the id that their transactions say.
create table support_requests (
  tenant_id uuid not null references tenants (id),
  request_id uuid not null,
  operator_id uuid not null,
  operator_name text not null,
  reason text not null,
  status text not null default 'asked' check (status in ('asked', 'granted', 'declined', 'lapsed')),
  asked_at timestamptz not null,
  decided_at timestamptz,
  decided_by text not null default '',
  granted_until timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, request_id),
  check ((status = 'granted') = (granted_until is not null)),
  check (ended_at is null or status = 'granted')
);
-- One that has lapsed counts here as open until the same operator asks again.
create unique index support_requests_one_open on support_requests (tenant_id, operator_id) where status = 'asked';
create index support_requests_granted on support_requests (tenant_id, operator_id) where status = 'granted';
