-- A wholesaler signs up: what was typed, until the address is proven and a tenant is made of it. Personal
-- data of somebody who may never come back, and so removed after a day.
create table signups (
  id uuid primary key,
  business_name text not null,
  slug text not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  owner_name text not null,
  email text not null,
  -- The browser that signed up, by the hash of what it holds: it alone is let into the office without a second code.
  browser_hash bytea not null,
  created_at timestamptz not null,
  proven_at timestamptz,
  made_tenant uuid references tenants (id)
);
create index signups_created on signups (created_at);

alter table challenges drop constraint challenges_purpose_check,
  add constraint challenges_purpose_check check (purpose in ('customer', 'staff', 'signup'));
alter table address_counters drop constraint address_counters_purpose_check,
  add constraint address_counters_purpose_check check (purpose in ('customer', 'staff', 'signup'));

-- A one-time pass is a customer's or, at the end of a sign-up, the owner's.
alter table hand_overs alter column customer_id drop not null, alter column phone drop not null,
  add column staff_id uuid,
  add constraint hand_overs_one_person check (num_nonnulls(customer_id, staff_id) = 1);

-- Whether the tenant has made-up customers to play with: wanted until they are made, gone once they were taken away.
alter table tenants add column samples text not null default 'none' check (samples in ('none', 'wanted', 'there', 'gone'));
