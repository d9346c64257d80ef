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
