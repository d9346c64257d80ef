-- Other processes drop what they remember of a tenant when its row changes. The payload is the slug and
-- nothing else: any role that can connect can listen, so it must tell nothing.
create or replace function tell_tenant_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('tenant_changed', coalesce(new.slug, old.slug));
  if tg_op = 'UPDATE' and old.slug <> new.slug then
    perform pg_notify('tenant_changed', old.slug);
  end if;
  return null;
end $$;
revoke all on function tell_tenant_changed() from public;

create or replace trigger tenants_changed after insert or update or delete on tenants
  for each row execute function tell_tenant_changed();

-- A queued job wakes the workers.
create or replace function tell_job_queued() returns trigger language plpgsql as $$
begin
  perform pg_notify('job_queued', '');
  return null;
end $$;
revoke all on function tell_job_queued() from public;

create or replace trigger jobs_queued after insert on jobs
  for each statement execute function tell_job_queued();

-- Gives an entry of an audit log its place in the chain and its hash, whoever adds it and whatever they say of either.
-- Of two who add at once the second waits here until the first is kept or taken back; what is read next is seen afresh.
create or replace function chain_audit_event() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('audit:' || new.tenant_id, 0));
  select position, hash into new.position, new.previous_hash
    from audit_events where tenant_id = new.tenant_id order by position desc limit 1;
  new.position := coalesce(new.position, 0) + 1;
  new.previous_hash := coalesce(new.previous_hash, '');
  new.hash := audit_hash(new);
  return new;
end $$;
revoke all on function chain_audit_event() from public;

create or replace trigger audit_events_chained before insert on audit_events
  for each row execute function chain_audit_event();

-- The same for the platform's own log, which is one chain. Who adds to both adds to the tenant's first.
create or replace function chain_operator_event() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('audit:platform', 0));
  select position, hash into new.position, new.previous_hash from operator_events order by position desc limit 1;
  new.position := coalesce(new.position, 0) + 1;
  new.previous_hash := coalesce(new.previous_hash, '');
  new.hash := audit_hash(new);
  return new;
end $$;
revoke all on function chain_operator_event() from public;

create or replace trigger operator_events_chained before insert on operator_events
  for each row execute function chain_operator_event();

-- Where a domain leads is remembered with the tenant. Looking at it again and again changes nothing of that.
create or replace function tell_domain_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('tenant_changed', slug) from tenants where id = coalesce(new.tenant, old.tenant);
  return null;
end $$;
revoke all on function tell_domain_changed() from public;

create or replace trigger domains_changed after update on domains
  for each row when (old.state <> new.state or old.is_primary <> new.is_primary) execute function tell_domain_changed();
create or replace trigger domains_removed after delete on domains
  for each row when (old.state = 'verified') execute function tell_domain_changed();
