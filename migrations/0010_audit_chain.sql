-- The audit logs become chains: each entry has its place, and a hash of all it says and of the hash before it. Whoever
-- changes, takes out, puts in or moves one breaks the chain there, and `tenant verify` says where.
alter table audit_events add column position bigint, add column previous_hash bytea, add column hash bytea;
alter table operator_events add column position bigint, add column previous_hash bytea, add column hash bytea;

-- What a hash is of. These words stand here and not among what is applied again: were they ever others, no chain that was
-- made before could be verified. Columns that come later are no part of it, or get a function of another name.
-- It depends on nothing but the row; were it called immutable, it would not be put in line, and cost ten times as much.
create function audit_hash(entry audit_events) returns bytea language sql stable parallel safe
  return sha256(convert_to(jsonb_build_array('tenant', entry.tenant_id, entry.position, encode(entry.previous_hash, 'hex'), entry.event_id,
    (extract(epoch from entry.at at time zone 'UTC') * 1000000)::bigint, entry.actor_kind, entry.actor_id, entry.actor_name,
    entry.action, entry.subject_kind, entry.subject_id, entry.details)::text, 'UTF8'));

create function audit_hash(entry operator_events) returns bytea language sql stable parallel safe
  return sha256(convert_to(jsonb_build_array('platform', entry.position, encode(entry.previous_hash, 'hex'), entry.id,
    (extract(epoch from entry.at at time zone 'UTC') * 1000000)::bigint, entry.actor_kind, entry.actor_id, entry.actor_name,
    entry.action, entry.subject_id, entry.details)::text, 'UTF8'));

-- Whoever adds an entry waits for the chain's turn; a check of this key would then wait for the tenant's row, while
-- whoever holds that row to suspend or rename waits for the turn.
alter table audit_events drop constraint audit_events_tenant_id_fkey;

-- What was written before is chained in the order of time. A chain cannot be changed any more, and what is personal of a
-- customer must stay erasable: it goes, and is looked up by its id.
alter table audit_events no force row level security;
update audit_events set actor_name = '' where actor_kind = 'customer';
update audit_events set details = details - 'business_name' where action like 'registration\_request.%';
update audit_events set details = details - 'reason' where action = 'registration_request.rejected';
do $$
declare
  entry audit_events;
  before audit_events;
begin
  for entry in select * from audit_events order by tenant_id, at, event_id loop
    if entry.tenant_id is distinct from before.tenant_id then
      before := null;
    end if;
    entry.position := coalesce(before.position, 0) + 1;
    entry.previous_hash := coalesce(before.hash, '');
    entry.hash := audit_hash(entry);
    update audit_events set position = entry.position, previous_hash = entry.previous_hash, hash = entry.hash
     where tenant_id = entry.tenant_id and event_id = entry.event_id;
    before := entry;
  end loop;
end $$;
alter table audit_events force row level security;

do $$
declare
  entry operator_events;
  before operator_events;
begin
  for entry in select * from operator_events order by at, id loop
    entry.position := coalesce(before.position, 0) + 1;
    entry.previous_hash := coalesce(before.hash, '');
    entry.hash := audit_hash(entry);
    update operator_events set position = entry.position, previous_hash = entry.previous_hash, hash = entry.hash where id = entry.id;
    before := entry;
  end loop;
end $$;

alter table audit_events
  alter column position set not null, alter column previous_hash set not null, alter column hash set not null,
  add constraint audit_events_position unique (tenant_id, position);
alter table operator_events
  alter column position set not null, alter column previous_hash set not null, alter column hash set not null,
  add constraint operator_events_position unique (position);
