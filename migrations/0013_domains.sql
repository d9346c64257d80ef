-- Domains that wholesalers want their counters to have, beside their subdomains, and what proves them. A global table,
-- like that of the retired names: of all who want a domain one has it, and which tenant's it is has to be known before
-- there is a tenant.
create table domains (
  id uuid primary key,
  tenant uuid not null references tenants (id),
  domain text not null,
  -- What the record that proves it says. No secret: everybody can read it there.
  token text not null,
  state text not null check (state in ('waiting', 'verified', 'expired', 'lost')),
  -- Of a verified one: since when it leads to the tenant without a break.
  state_since timestamptz not null,
  is_primary boolean not null default false,
  -- What came of the last look at its record.
  answer text not null default 'not_asked'
    check (answer in ('not_asked', 'found', 'taken', 'no_name', 'no_record', 'other_record', 'refused', 'no_answer')),
  checked_at timestamptz,
  -- When it is looked at next; never, when it has expired or was lost.
  next_check_at timestamptz,
  -- Of a verified one whose record is gone: since when, and when its owner was told.
  missing_since timestamptz,
  warned_at timestamptz,
  created_at timestamptz not null,
  constraint domains_primary_is_verified check (not is_primary or state = 'verified'),
  unique (tenant, domain)
);
-- Whoever proves it first has it, and nobody else; to want it hinders nobody.
create unique index domains_verified on domains (domain) where state = 'verified';
create unique index domains_primary on domains (tenant) where is_primary;
create index domains_due on domains (next_check_at) where next_check_at is not null;

-- The tenant's own domain at which a session began; without one it began at the subdomain.
alter table sessions add column domain text;
alter table staff_sessions add column domain text;
