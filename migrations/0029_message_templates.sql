-- What a wholesaler says in its own words: one row for each message, language and way that it goes. Whatever is empty, or not there, is
-- said in ours. Which messages there are stands in message_templates/kinds.rs.
create table message_templates (
  tenant_id uuid not null references tenants (id),
  kind text not null check (kind <> ''),
  language text not null check (language in ('en', 'fr')),
  channel text not null check (channel in ('sms', 'email')),
  subject text not null default '',
  text text not null default '',
  changed_at timestamptz not null,
  -- Who: no key, as in the audit log.
  changed_by text not null,
  primary key (tenant_id, kind, language, channel),
  check (subject <> '' or text <> '')
);

-- In which language a person wants to be written to, by every wholesaler. Empty: none was chosen.
alter table customers add column language text not null default '' check (language in ('', 'en', 'fr'));
