-- When a code was last asked for in this browser, and when it was last sent: what the code page says of it.
alter table challenges add column asked_at timestamptz, add column sent_at timestamptz;
update challenges set asked_at = created_at, sent_at = created_at;
alter table challenges alter column asked_at set not null;

-- Browsers in which an address was proven. Each keeps a random token, of which the hash is here; while it holds it,
-- its guesses are counted here, and not with those of strangers. The address is an HMAC, as in address_counters.
create table known_browsers (
  token_hash bytea primary key,
  host text not null,
  purpose text not null check (purpose in ('customer', 'staff')),
  address_key bytea not null,
  guessed_at timestamptz[] not null default '{}',
  proven_at timestamptz not null
);
create index known_browsers_address on known_browsers (address_key, purpose, proven_at);
create index known_browsers_old on known_browsers (proven_at);
