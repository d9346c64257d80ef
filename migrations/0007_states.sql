-- Where a tenant goes back to when a suspension or a closing is undone, why it is in its state, since when that
-- is so, and since when it has another name than its first.
alter table tenants
  add column before_suspension text check (before_suspension in ('demo', 'active')),
  add column before_closing text check (before_closing in ('demo', 'active', 'suspended')),
  add column status_reason text not null default '',
  add column status_changed_at timestamptz,
  add column renamed_at timestamptz;
update tenants set before_suspension = 'active' where status = 'suspended';
update tenants set before_closing = 'active', status_changed_at = updated_at where status = 'closing';
-- No tenant is ever without its way back.
alter table tenants
  add constraint tenants_way_back_to_trade check (
    status = 'purged'
    or (before_suspension is not null) = (status = 'suspended' or before_closing is not distinct from 'suspended')),
  add constraint tenants_way_back_from_closing check (status = 'purged' or (before_closing is not null) = (status = 'closing'));

-- Names that tenants had once. Until it is free again, a name leads to the tenant it was of, and nobody else can
-- have it. It names the tenant and not its next name: however often that one is renamed, there is one step.
create table retired_names (
  slug text primary key,
  tenant uuid not null references tenants (id),
  retired_at timestamptz not null,
  free_at timestamptz not null
);
create index retired_names_tenant on retired_names (tenant);
create index retired_names_free on retired_names (free_at);
