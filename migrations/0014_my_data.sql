-- A person takes their data along, has it erased, changes the number they are known by, and comes back after a long
-- silence.

-- A number that is proven again after a long silence begins anew: what it had before stays with whoever had it then,
-- under a name that is no number, until they confirm that they are the same.
alter table customers drop constraint customers_phone_check,
  add constraint customers_phone_check check (phone ~ '^\+[1-9][0-9]{6,14}$' or phone ~ '^former:[0-9a-f-]{36}$');

create table confirmations (
  tenant_id uuid not null references tenants (id),
  customer_id uuid not null references customers (id) on delete cascade,
  former_customer_id uuid not null references customers (id) on delete cascade,
  tries smallint not null default 0,
  status text not null check (status in ('open', 'confirmed', 'dismissed')),
  created_at timestamptz not null,
  decided_at timestamptz,
  primary key (tenant_id, customer_id)
);
create index confirmations_customer on confirmations (customer_id);
create index confirmations_former on confirmations (former_customer_id);

-- Whoever is erased leaves of a request that there was one, and how it was decided. A request may also be of somebody
-- who has an account already, under another number or from before.
alter table registration_requests
  alter column customer_id drop not null,
  alter column phone drop not null,
  drop constraint registration_requests_customer_id_phone_fkey,
  add constraint registration_requests_customer_id_phone_fkey
    foreign key (customer_id, phone) references customers (id, phone) on update cascade on delete set null,
  add column kind text not null default 'account' check (kind in ('account', 'return'));

-- Whom a message is said to, or is about, so that it can be found when they ask for it or are erased.
alter table messages add column customer_id uuid references customers (id) on delete set null;
create index messages_customer on messages (customer_id, created_at) where customer_id is not null;
alter table messages no force row level security;
alter table registration_requests no force row level security;
update messages m set customer_id = c.id from customers c where m.channel = 'sms' and m.recipient = c.phone;
update messages m set customer_id = r.customer_id from registration_requests r
 where m.channel = 'email' and r.tenant_id = m.tenant_id and strpos(m.text, '/office/registration-requests/' || r.request_id::text) > 0;
alter table messages force row level security;
alter table registration_requests force row level security;

-- Erasing finds its rows by an index, wherever they are.
drop index sessions_customer;
create index sessions_customer on sessions (customer_id, tenant_id);
create index idempotency_keys_customer on idempotency_keys (customer_id);
create index hand_overs_customer on hand_overs (customer_id);
create index challenges_address on challenges (address);

alter table challenges drop constraint challenges_purpose_check,
  add constraint challenges_purpose_check
    check (purpose in ('customer', 'staff', 'signup', 'operator', 'erasure', 'number_change'));
alter table address_counters drop constraint address_counters_purpose_check,
  add constraint address_counters_purpose_check
    check (purpose in ('customer', 'staff', 'signup', 'operator', 'erasure', 'number_change'));
