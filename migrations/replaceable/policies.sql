-- One loop over the catalog: a table has policies because it has `tenant_id`, not because somebody
-- remembered it. For each role with a grant there: a permissive policy that lets the right rows through,
-- and a restrictive floor of the same words, so that a careless `using (true)` added later opens nothing.
--
-- Every expression is bare `column = current_setting(…)`, for prices, which a customer may see of three lists, `column in` three
-- of them, and for what a customer writes of a request or of an order also the words they may say of it: it fails loudly when a
-- setting is missing or empty, uses the index, and is accepted by Citus (no sub-selects). But for two: the platform, which adds
-- rows to the tenant that it makes, sees and deletes those of one alone whose grace is over, and that stands in the tenant's own
-- row; and support, whose rows are there while an owner's grant runs. Neither names a column of the row, so that PostgreSQL asks
-- it once in a statement.
do $$
declare
  tenant_table record;
  role_name text;
  rule text;
  written_rule text;
  old record;
  tenant_rule constant text := 'tenant_id = current_setting(''app.tenant_id'')::uuid';
  customer_rule constant text := 'customer_id = current_setting(''app.customer_id'')::uuid';
  account_rule constant text := 'account_id = current_setting(''app.account_id'')::uuid';
  -- An account's own prices are the list under its own id; which it shares, and whether it sees the base prices, is set beside it.
  price_list_rule constant text := 'price_list_id in (current_setting(''app.account_id'')::uuid, current_setting(''app.price_list_id'')::uuid, '
    'current_setting(''app.base_list_id'')::uuid)';
  request_rule constant text := 'status in (''pending'', ''withdrawn'')';
  order_rule constant text := 'status in (''submitted'', ''cancelled'')';
  purge_rule constant text := 'tenant_id = (select id from tenants where id = current_setting(''app.tenant_id'')::uuid'
    ' and status = ''closing'' and grace_ends_at <= now())';
  session_rule constant text := 'token_hash = decode(current_setting(''app.session_hash''), ''hex'')';
  operator_rule constant text := 'operator_id = current_setting(''app.operator_id'')::uuid';
  granted_rule constant text := 'exists (select from support_requests s join operators o on o.id = s.operator_id
    where s.tenant_id = current_setting(''app.tenant_id'')::uuid and s.operator_id = current_setting(''app.operator_id'')::uuid
      and s.status = ''granted'' and s.granted_until > now() and s.ended_at is null and o.removed_at is null)';
begin
  for tenant_table in
    select c.oid, c.relname,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'customer_id' and not a.attisdropped) as of_customer,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped) as of_account,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'price_list_id' and not a.attisdropped) as of_price_list,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'token_hash' and not a.attisdropped) as of_session
      from pg_class c
      join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('alter table %I enable row level security', tenant_table.relname);
    execute format('alter table %I force row level security', tenant_table.relname);
    for old in select polname from pg_policy where polrelid = tenant_table.oid loop
      execute format('drop policy %I on %I', old.polname, tenant_table.relname);
    end loop;

    foreach role_name in array array['tc_counter', 'tc_office', 'tc_identity', 'tc_platform', 'tc_support', 'tc_import'] loop
      continue when not has_any_column_privilege(role_name, tenant_table.oid, 'select, insert, update')
                and not has_table_privilege(role_name, tenant_table.oid, 'delete');
      rule := case role_name
        -- A customer sees their own session by holding its token, what is theirs as a person, otherwise what belongs to
        -- their trade account, and the prices of the lists that are for them.
        when 'tc_counter' then tenant_rule || case
          when tenant_table.of_session then ' and ' || session_rule
          when tenant_table.of_customer then ' and ' || customer_rule
          when tenant_table.of_account then ' and ' || account_rule
          when tenant_table.of_price_list then ' and ' || price_list_rule
          else '' end
        -- The person across tenants: their own rows everywhere, and nothing that names no person.
        when 'tc_identity' then case when tenant_table.of_customer then customer_rule else 'false' end
        -- Whoever adds to a log sees where its chain ends.
        when 'tc_platform' then case when tenant_table.relname = 'audit_events' then tenant_rule else purge_rule end
        -- An operator sees what they asked of this tenant, and the rest while they are let in.
        when 'tc_support' then tenant_rule || ' and '
          || case when tenant_table.relname = 'support_requests' then operator_rule else granted_rule end
        else tenant_rule end;
      -- What they may see they may write, but a customer decides nothing, and an operator ends what they were given.
      written_rule := case when role_name = 'tc_platform' then tenant_rule else rule end || case
        when role_name = 'tc_counter' and tenant_table.relname = 'registration_requests' then ' and ' || request_rule
        when role_name = 'tc_counter' and tenant_table.relname = 'orders' then ' and ' || order_rule
        when role_name = 'tc_support' and tenant_table.relname = 'support_requests' then ' and ended_at is not null'
        else '' end;
      execute format('create policy %I on %I as restrictive for all to %I using (%s) with check (%s)',
                     role_name || '_floor', tenant_table.relname, role_name, rule, written_rule);
      execute format('create policy %I on %I as permissive for all to %I using (%s) with check (%s)',
                     role_name, tenant_table.relname, role_name, rule, written_rule);
    end loop;
  end loop;
  execute format('create policy tc_platform_purge on audit_events as restrictive for delete to tc_platform using (%s)', purge_rule);
end $$;

-- The tenants themselves. Whoever may look at them at all sees all of them, but an office and who brings a tenant back:
-- they see and write their own row alone; and nobody deletes one before its grace is over. Not forced on the owner, as no
-- server role owns anything and migrations must reach every row.
do $$
declare
  role_name text;
  old record;
  own_rule constant text := 'id = current_setting(''app.tenant_id'')::uuid';
begin
  alter table tenants enable row level security;
  for old in select polname from pg_policy where polrelid = 'tenants'::regclass loop
    execute format('drop policy %I on tenants', old.polname);
  end loop;
  foreach role_name in array array['tc_counter', 'tc_office', 'tc_identity', 'tc_platform', 'tc_import'] loop
    continue when not has_any_column_privilege(role_name, 'tenants'::regclass, 'select, insert, update');
    if role_name in ('tc_office', 'tc_import') then
      execute format('create policy %I on tenants as restrictive for all to %I using (%s) with check (%s)', role_name || '_floor', role_name, own_rule, own_rule);
      execute format('create policy %I on tenants as permissive for all to %I using (%s) with check (%s)', role_name, role_name, own_rule, own_rule);
    else
      execute format('create policy %I on tenants as permissive for all to %I using (true) with check (true)', role_name, role_name);
    end if;
  end loop;
  create policy tc_platform_purge on tenants as restrictive for delete to tc_platform
    using (status = 'closing' and grace_ends_at <= now());
end $$;
