-- What a wholesaler sells. One product is one thing to order: a pack, or a case of them, each with its own price and stock.
alter table tenants
  add column stock_shown text not null default 'words' check (stock_shown in ('numbers', 'words', 'nothing')),
  add column vat_rounding text not null default 'line' check (vat_rounding in ('line', 'rate_group')),
  add column minimum_order_minor bigint not null default 0 check (minimum_order_minor >= 0),
  -- Rates that this wholesaler set beside those the program knows: [{"country","tax_class","from","basis_points"}].
  add column tax_rates jsonb not null default '[]' check (jsonb_typeof(tax_rates) = 'array');

create table categories (
  tenant_id uuid not null references tenants (id),
  category_id uuid not null,
  slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name text not null,
  place integer not null default 0,
  primary key (tenant_id, category_id),
  unique (tenant_id, slug)
);

-- Drawn anew from what was uploaded, once: 112 and 480 pixels, JPEG. Named by the SHA-256 of the larger.
create table pictures (
  tenant_id uuid not null references tenants (id),
  picture_hash bytea not null check (length(picture_hash) = 32),
  small bytea not null,
  large bytea not null,
  created_at timestamptz not null,
  primary key (tenant_id, picture_hash)
);

create table products (
  tenant_id uuid not null references tenants (id),
  product_id uuid not null,
  sku text not null,
  -- As it is compared: capitals, single blanks.
  sku_key text collate "C" not null,
  name text not null,
  -- As it is sorted: small ASCII letters.
  name_key text collate "C" not null,
  keywords text not null default '',
  description text not null default '',
  category_id uuid,
  status text not null default 'listed' check (status in ('listed', 'unlisted', 'discontinued')),
  -- The SKU of what is sold instead; no key, so that rows may come in any order.
  replaced_by text not null default '',
  pack text not null default '',
  content_thousandths bigint check (content_thousandths > 0),
  content_measure text check (content_measure in ('each', 'kg', 'l', 'm')),
  barcode text not null default '',
  tax_class text not null default 'standard'
    check (tax_class in ('standard', 'intermediate', 'reduced', 'super_reduced', 'zero', 'exempt')),
  minimum integer not null default 1 check (minimum between 1 and 999999),
  multiple integer not null default 1 check (multiple between 1 and 999999),
  stock_mode text not null default 'untracked' check (stock_mode in ('untracked', 'tracked', 'back_order')),
  picture_hash bytea,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((content_thousandths is null) = (content_measure is null)),
  primary key (tenant_id, product_id),
  unique (tenant_id, sku_key),
  foreign key (tenant_id, category_id) references categories (tenant_id, category_id),
  foreign key (tenant_id, picture_hash) references pictures (tenant_id, picture_hash)
);
create index products_name on products (tenant_id, name_key, product_id) where status = 'listed';
create index products_category on products (tenant_id, category_id, name_key, product_id);
create index products_picture on products (tenant_id, picture_hash) where picture_hash is not null;

-- What it costs the wholesaler. A table of its own, because customers' connections must not reach it.
create table product_costs (
  tenant_id uuid not null references tenants (id),
  product_id uuid not null,
  cost_minor bigint not null check (cost_minor >= 0),
  supplier text not null default '',
  updated_at timestamptz not null,
  primary key (tenant_id, product_id),
  foreign key (tenant_id, product_id) references products (tenant_id, product_id)
);

-- A row for each product that is tracked. What is reserved is part of what is on hand, for orders that have not left.
create table stock (
  tenant_id uuid not null references tenants (id),
  product_id uuid not null,
  on_hand bigint not null,
  reserved bigint not null default 0 check (reserved >= 0),
  back_order_limit bigint not null default 0 check (back_order_limit >= 0),
  low_at bigint not null default 10,
  counted_at timestamptz not null,
  primary key (tenant_id, product_id),
  foreign key (tenant_id, product_id) references products (tenant_id, product_id)
);

-- The words of each product's name, keywords, SKU and barcode, as catalogue/words.rs makes them.
create table search_words (
  tenant_id uuid not null references tenants (id),
  word text collate "C" not null,
  product_id uuid not null,
  primary key (tenant_id, word, product_id),
  foreign key (tenant_id, product_id) references products (tenant_id, product_id)
);
create index search_words_product on search_words (tenant_id, product_id);

-- How often a tenant's goods and their words have changed: part of the key of whatever is remembered of them.
create table catalogue_states (
  tenant_id uuid primary key references tenants (id),
  version bigint not null default 1,
  words_version bigint not null default 1
);
