-- A message names whom it is said to or about by their phone as well, as accesses and requests do, and that follows when they
-- change it: so an archive says whose a message is, also when it went to a number they had before, or to the wholesaler's own
-- people.
alter table messages add column phone text;
alter table messages no force row level security;
update messages m set phone = c.phone from customers c where c.id = m.customer_id;
alter table messages force row level security;
alter table messages
  drop constraint messages_customer_id_fkey,
  add constraint messages_customer_id_phone_fkey
    foreign key (customer_id, phone) references customers (id, phone) on update cascade on delete set null;
