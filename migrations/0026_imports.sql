-- A file that is to become products, prices or customers, from its coming until what it did is undone or too old for that.
create table imports (
  tenant_id uuid not null references tenants (id),
  import_id uuid not null,
  kind text not null check (kind in ('products', 'prices', 'customers')),
  file_name text not null,
  bytes bigint not null check (bytes > 0),
  characters text not null,
  separator text not null,
  decimal_mark text not null check (decimal_mark in ('point', 'comma')),
  -- The cells of the first row, and what each column is: a word of imports/fields.rs, or nothing when it is left out.
  headings text[] not null,
  fields text[] not null,
  status text not null check (status in ('columns', 'reading', 'read', 'applying', 'applied', 'undoing', 'undone', 'broken')),
  -- Counts how often it was read from the beginning: whoever reads for an earlier one stops.
  reading integer not null default 0,
  -- How far the work under way is: bytes of the file while it is read, then rows.
  done bigint not null default 0,
  new_rows integer not null default 0,
  changed_rows integer not null default 0,
  unchanged_rows integer not null default 0,
  wrong_rows integer not null default 0,
  -- Why it could not be read, applied or undone, in words.
  trouble text not null default '',
  -- Who acts: no key, as in the audit log.
  staff_id uuid not null,
  staff_name text not null,
  created_at timestamptz not null,
  applied_at timestamptz,
  undone_at timestamptz,
  primary key (tenant_id, import_id)
);
create index imports_applied on imports (tenant_id, kind, applied_at desc) where status in ('applied', 'undoing');

-- The file as it came, until it is applied.
create table import_pieces (
  tenant_id uuid not null references tenants (id),
  import_id uuid not null,
  piece integer not null,
  bytes bytea not null,
  primary key (tenant_id, import_id, piece),
  foreign key (tenant_id, import_id) references imports (tenant_id, import_id)
);

-- What each row would do, or has done: of the columns that the file has, what stood there before, and what stands there then.
create table import_rows (
  tenant_id uuid not null references tenants (id),
  import_id uuid not null,
  -- As a spreadsheet numbers it.
  line integer not null,
  verdict text not null check (verdict in ('new', 'changed', 'unchanged', 'wrong')),
  -- By which it is known, empty when it has none; and of customers the number of the account, in small letters.
  key text not null,
  of_account text not null default '',
  title text not null,
  before jsonb not null default '{}',
  after jsonb not null default '{}',
  remarks jsonb not null default '[]',
  primary key (tenant_id, import_id, line),
  foreign key (tenant_id, import_id) references imports (tenant_id, import_id)
);
create index import_rows_verdict on import_rows (tenant_id, import_id, verdict, line);
create index import_rows_key on import_rows (tenant_id, import_id, key);
create index import_rows_account on import_rows (tenant_id, import_id, of_account) where of_account <> '';

-- What a wholesaler last said a column of this heading is.
create table import_mappings (
  tenant_id uuid not null references tenants (id),
  kind text not null check (kind in ('products', 'prices', 'customers')),
  heading text not null,
  field text not null,
  said_at timestamptz not null,
  primary key (tenant_id, kind, heading)
);

-- Files take long, and have a lane of their own.
alter table jobs drop constraint jobs_lane_check;
alter table jobs add constraint jobs_lane_check check (lane in ('text_codes', 'mail_codes', 'texts', 'letters', 'files'));
