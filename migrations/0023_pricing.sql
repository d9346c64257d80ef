-- Three kinds of lists in one table of prices: the base prices under the tenant's own id, an account's own prices under the
-- account's id, and lists that accounts share. So which prices a customer may see is three ids, said when the transaction is opened.
create table price_lists (
  tenant_id uuid not null references tenants (id),
  price_list_id uuid not null,
  kind text not null check (kind in ('base', 'account', 'list')),
  name text not null default '',
  created_at timestamptz not null,
  primary key (tenant_id, price_list_id),
  check ((kind = 'base') = (price_list_id = tenant_id)),
  check ((kind = 'list') = (name <> ''))
);
create unique index price_lists_name on price_lists (tenant_id, lower(name)) where kind = 'list';

-- A price from a quantity on, within dates of the tenant's own calendar. Always of one sell unit, net of VAT.
create table prices (
  tenant_id uuid not null references tenants (id),
  price_list_id uuid not null,
  product_id uuid not null,
  from_quantity integer not null default 1 check (from_quantity between 1 and 999999),
  -- 2000-01-01 is «always»: infinity cannot be read by the driver.
  valid_from date not null default '2000-01-01',
  valid_until date,
  minor bigint not null check (minor > 0),
  check (valid_until >= valid_from),
  primary key (tenant_id, price_list_id, product_id, from_quantity, valid_from) include (valid_until, minor),
  foreign key (tenant_id, price_list_id) references price_lists (tenant_id, price_list_id),
  foreign key (tenant_id, product_id) references products (tenant_id, product_id)
);
create index prices_product on prices (tenant_id, product_id);

alter table trade_accounts
  add column price_list_id uuid,
  add column route text not null default '',
  add column order_news text not null default 'text' check (order_news in ('text', 'email', 'none')),
  add column order_email text not null default '',
  add constraint trade_accounts_price_list foreign key (tenant_id, price_list_id) references price_lists (tenant_id, price_list_id);
create index trade_accounts_of_list on trade_accounts (tenant_id, price_list_id) where price_list_id is not null;
