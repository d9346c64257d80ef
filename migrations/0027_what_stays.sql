-- What was answered stays: a customer's connection may read such an order, and lock it to say that it is too late, and no more. The
-- states from which it leads anywhere for a customer are those of orders/states.rs. A policy could not say it: it would hide the
-- order from the lock as well.
create function answered_order_stays() returns trigger language plpgsql as $$
begin
  raise exception 'an order that is % is not its customer''s to change', old.status using errcode = '42501';
end $$;
create trigger answered_order_stays before update on orders for each row
  when (current_user = 'tc_counter' and old.status not in ('submitted', 'amended')) execute function answered_order_stays();

-- Its lines likewise: once a statement, because an order has many.
create function answered_lines_stay() returns trigger language plpgsql as $$
begin
  if exists (select from touched t join orders o on o.tenant_id = t.tenant_id and o.order_id = t.order_id
              where o.status not in ('submitted', 'amended')) then
    raise exception 'an order that is answered keeps its lines' using errcode = '42501';
  end if;
  return null;
end $$;
create trigger answered_lines_stay after insert on order_lines referencing new table as touched for each statement
  when (current_user = 'tc_counter') execute function answered_lines_stay();
create trigger answered_lines_stay_too after delete on order_lines referencing old table as touched for each statement
  when (current_user = 'tc_counter') execute function answered_lines_stay();

-- The categories that a file has made: they go when it is undone, unless something else is in them by then.
alter table imports add column made_categories uuid[] not null default '{}';

-- Which list a line's price was of, where it was one that accounts share. Its name is asked for where it is read, by the office alone.
alter table order_lines drop column price_list_name;
alter table order_lines add column price_list_id uuid;
