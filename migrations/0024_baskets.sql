-- One basket for each trade account, shared by its phones.
create table baskets (
  tenant_id uuid not null references tenants (id),
  account_id uuid not null,
  -- Under this an order is made of it, once. Another one begins when it was.
  submission_id uuid not null,
  version bigint not null default 1,
  reference text not null default '',
  note text not null default '',
  changed_at timestamptz not null,
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references trade_accounts (tenant_id, account_id)
);

create table basket_lines (
  tenant_id uuid not null references tenants (id),
  account_id uuid not null,
  product_id uuid not null,
  quantity integer not null check (quantity between 1 and 999999),
  -- What it cost when it was put in; null when it had no price.
  minor_when_added bigint,
  changed_at timestamptz not null,
  primary key (tenant_id, account_id, product_id),
  foreign key (tenant_id, account_id) references baskets (tenant_id, account_id),
  foreign key (tenant_id, product_id) references products (tenant_id, product_id)
);
create index basket_lines_product on basket_lines (tenant_id, product_id);

-- Days on which goods go out or are fetched: how many days before, and until when, orders for them are taken.
create table order_days (
  tenant_id uuid not null references tenants (id),
  method text not null check (method in ('delivery', 'collection')),
  weekday smallint not null check (weekday between 1 and 7),
  days_before smallint not null check (days_before between 0 and 14),
  cut_off time not null,
  primary key (tenant_id, method, weekday)
);
create table closed_days (
  tenant_id uuid not null references tenants (id),
  day date not null,
  words text not null default '',
  primary key (tenant_id, day)
);
