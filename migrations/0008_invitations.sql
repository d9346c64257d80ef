-- Somebody is invited to work for a wholesaler, and joins when they prove the address at the office's door. The letter's
-- link says what it is about and opens nothing, so there is no secret to keep here.
create table invitations (
  tenant_id uuid not null references tenants (id),
  invitation_id uuid not null,
  email text not null,
  name text not null,
  role text not null check (role in ('owner', 'manager', 'sales', 'picker')),
  invited_by uuid not null,
  created_at timestamptz not null,
  sent_at timestamptz not null,
  times_sent smallint not null default 1,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  withdrawn_at timestamptz,
  primary key (tenant_id, invitation_id),
  foreign key (tenant_id, invited_by) references staff (tenant_id, staff_id)
);
-- One that has expired counts here as open: it is withdrawn when the address is invited again.
create unique index invitations_one_open on invitations (tenant_id, email) where accepted_at is null and withdrawn_at is null;
create index invitations_staff on invitations (tenant_id, invited_by);
