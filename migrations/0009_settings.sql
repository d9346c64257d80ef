-- What a wholesaler sets for itself. Without a second colour the house's own ink is used. Who sees prices before being
-- let in: everybody, nobody though they see the goods, or strangers see nothing at all, as it has been so far.
alter table tenants
  add column second_colour text check (second_colour ~ '^#[0-9a-f]{6}$'),
  add column prices_shown text not null default 'nothing' check (prices_shown in ('all', 'no_prices', 'nothing'));
