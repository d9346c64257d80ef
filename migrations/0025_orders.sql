create table orders (
  tenant_id uuid not null references tenants (id),
  order_id uuid not null,
  account_id uuid not null,
  number text not null check (number ~ '^[A-Z0-9]{2}-[2-9A-HJKMNP-TV-Z]{3}-[2-9A-HJKMNP-TV-Z]{3}$'),
  status text not null
    check (status in ('submitted', 'accepted', 'amended', 'picking', 'dispatched', 'delivered', 'cancelled', 'declined')),
  status_since timestamptz not null,
  placed_at timestamptz not null,
  placed_by_kind text not null check (placed_by_kind in ('customer', 'staff', 'system')),
  -- An access or a member of staff; no key, so that a person can be erased and the order stays.
  placed_by uuid,
  -- Of staff alone: a customer's name does not stand in an order.
  placed_by_name text not null default '',
  method text not null default 'delivery' check (method in ('delivery', 'collection')),
  wanted_day date,
  closes_at timestamptz,
  reference text not null default '',
  note text not null default '',
  office_note text not null default '',
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  vat_rounding text not null check (vat_rounding in ('line', 'rate_group')),
  -- Whose rates: the country, or, outside the wholesaler's, 'export'.
  tax_country text not null,
  net_minor bigint not null check (net_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  -- Counts every change: what was on the screen is compared with it.
  revision integer not null default 1,
  primary key (tenant_id, order_id),
  unique (tenant_id, number),
  foreign key (tenant_id, account_id) references trade_accounts (tenant_id, account_id)
);
create index orders_account on orders (tenant_id, account_id, placed_at desc, order_id desc);
create index orders_status on orders (tenant_id, status, wanted_day, placed_at, order_id);
create index orders_placed on orders (tenant_id, placed_at);

create table order_lines (
  tenant_id uuid not null references tenants (id),
  order_id uuid not null,
  line smallint not null check (line between 1 and 999),
  account_id uuid not null,
  product_id uuid not null,
  -- As they were when it was ordered.
  sku text not null,
  name text not null,
  pack text not null,
  tax_class text not null,
  tax_basis_points integer not null check (tax_basis_points between 0 and 10000),
  unit_minor bigint not null check (unit_minor >= 0),
  price_source text not null check (price_source in ('own', 'list', 'base', 'substitute', 'agreed')),
  price_from_quantity integer not null,
  price_valid_until date,
  -- What the wholesaler calls the list: not for the customer.
  price_list_name text not null default '',
  ordered integer not null check (ordered >= 0),
  accepted integer check (accepted >= 0),
  picked integer check (picked >= 0),
  delivered integer check (delivered >= 0),
  substitute_for smallint,
  why text not null default '',
  -- How much of the product's stock this line holds.
  reserved integer not null default 0 check (reserved >= 0),
  net_minor bigint not null check (net_minor >= 0),
  -- Null where VAT is rounded by rate and not by line.
  tax_minor bigint,
  primary key (tenant_id, order_id, line),
  foreign key (tenant_id, order_id) references orders (tenant_id, order_id),
  foreign key (tenant_id, product_id) references products (tenant_id, product_id),
  foreign key (tenant_id, order_id, substitute_for) references order_lines (tenant_id, order_id, line)
);
create index order_lines_product on order_lines (tenant_id, product_id);

create table order_events (
  tenant_id uuid not null references tenants (id),
  order_id uuid not null,
  event_id uuid not null,
  account_id uuid not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('customer', 'staff', 'system')),
  actor_id uuid,
  actor_name text not null default '',
  move text not null,
  from_status text not null default '',
  to_status text not null,
  reason text not null default '',
  -- Lines that are otherwise since then, in the words of orders/events.rs; read by the customer as well.
  details jsonb not null default '{}',
  primary key (tenant_id, order_id, event_id),
  foreign key (tenant_id, order_id) references orders (tenant_id, order_id)
);

-- The first answer to each submission, for thirty days, whichever phone of the account sent it.
create table submissions (
  tenant_id uuid not null references tenants (id),
  account_id uuid not null,
  submission text not null,
  request_hash bytea not null,
  order_id uuid not null,
  answer jsonb not null,
  created_at timestamptz not null,
  primary key (tenant_id, account_id, submission),
  foreign key (tenant_id, order_id) references orders (tenant_id, order_id)
);
create index submissions_created on submissions (tenant_id, created_at);
create index submissions_order on submissions (tenant_id, order_id);
