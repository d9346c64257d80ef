-- What each door of the server may touch, and nothing else. src/db/guard.rs holds the same list a second
-- time, on purpose: the process refuses to start when the database grants more than that list.
do $$
declare role_name text;
begin
  foreach role_name in array array['tc_counter', 'tc_office', 'tc_identity', 'tc_platform', 'tc_support', 'tc_import'] loop
    execute format('revoke all on all tables in schema public from %I', role_name);
  end loop;
end $$;

-- Customers at a tenant's counter.
grant select on sessions, account_access, trade_accounts, registration_requests, idempotency_keys, confirmations to tc_counter;
grant update (last_seen_at, ended_at) on sessions to tc_counter;
grant insert on idempotency_keys, audit_events, jobs to tc_counter;
-- Asking and taking back what was asked; who decided, and why, is not theirs to say.
grant insert (tenant_id, request_id, customer_id, phone, kind, business_name, contact_name, message, status, created_at)
  on registration_requests to tc_counter;
grant update (status, decided_at) on registration_requests to tc_counter;
-- Whoever adds to a tenant's audit log must see where its chain ends; what it says they do not see.
grant select (tenant_id, position, hash) on audit_events to tc_counter, tc_platform;

-- A tenant's staff, and the jobs of a tenant.
grant select, insert on staff, staff_sessions, trade_accounts, account_access to tc_office;
grant update (name, role, removed_at) on staff to tc_office;
grant select, insert, delete on invitations to tc_office;
grant update (sent_at, times_sent, expires_at, accepted_at, withdrawn_at) on invitations to tc_office;
grant update (last_seen_at, ended_at) on staff_sessions to tc_office;
grant update (business_name, town, country) on trade_accounts to tc_office;
grant update (account_id, contact_name, role, status) on account_access to tc_office;
-- Their passkeys.
grant select, insert, delete on staff_passkeys to tc_office;
grant update (name, credential, last_used_at) on staff_passkeys to tc_office;
-- What has long ended is removed, tenant by tenant.
grant select, insert on idempotency_keys to tc_office;
grant delete on sessions, staff_sessions, idempotency_keys to tc_office;
grant select on sessions, registration_requests, audit_events to tc_office;
grant select, insert on messages to tc_office;
grant update (ended_at) on sessions to tc_office;
grant update (status, reason, decided_by, decided_at) on registration_requests to tc_office;
grant update (status, provider_reference, sent_at, gateway, segments, cost_micros, receipt_at, problem, failed_at) on messages to tc_office;
grant insert on audit_events, jobs to tc_office;
-- Samples are taken away again.
grant delete on registration_requests, account_access, trade_accounts to tc_office;
grant insert on registration_requests to tc_office;
-- Somebody who is known already comes under another number: what the office has of them goes along.
grant update (customer_id, phone) on account_access, registration_requests to tc_office;
grant update (customer_id, phone) on messages to tc_office;
grant select on confirmations to tc_office;
grant update (tries, status, decided_at) on confirmations to tc_office;
-- The office changes its own wholesaler's settings; the policy on tenants shows it that one row. Its name, its state and
-- its dates are not the office's to write.
grant select (id, business_name, country, currency, time_zone, brand_colour, second_colour, opening_text, contact_email,
  contact_phone, contact_address, prices_shown, sms_countries, sms_limit_minor, logo_type, updated_at) on tenants to tc_office;
grant update (business_name, country, currency, time_zone, brand_colour, second_colour, opening_text, contact_email,
  contact_phone, contact_address, prices_shown, sms_countries, sms_limit_minor, logo, logo_type, updated_at, declared_hash) on tenants to tc_office;

-- Codes, the global customer, «my wholesalers», devices everywhere.
grant select, insert, update, delete on challenges, address_counters, known_browsers, allowances, used_proofs, hand_overs to tc_identity;
grant select, insert, delete on alarms to tc_identity;
grant select, insert on customers to tc_identity;
grant update (last_proven_at) on customers to tc_identity;
grant select (id, slug, business_name, status, logo_type, renamed_at, updated_at) on tenants to tc_identity;
-- Which of its own domains a wholesaler is linked by.
grant select (tenant, domain, is_primary) on domains to tc_identity;
grant select on account_access to tc_identity;
grant select, insert on sessions to tc_identity;
grant update (ended_at) on sessions to tc_identity;
grant insert on jobs to tc_identity;
-- What is held about a person, wherever it is: they take it along, have it erased, and move it to another number.
grant select, insert on confirmations to tc_identity;
grant select, insert, delete on registration_requests, messages to tc_identity;
grant insert, delete on account_access to tc_identity;
grant update (business_name, contact_name, message, reason, status, decided_at) on registration_requests to tc_identity;
grant update (recipient, subject, text, status, provider_reference) on messages to tc_identity;
grant update (phone) on customers to tc_identity;
-- In which language they are written to, wherever they buy.
grant update (language) on customers to tc_identity;
grant delete on customers to tc_identity;
-- An operator's code opens a session in the transaction that uses the code up.
grant select on operators to tc_identity;
grant select, insert on operator_sessions to tc_identity;
grant update (ended_at) on operator_sessions to tc_identity;
-- So does an operator's passkey, in the transaction that finds out whose it is.
grant select, insert, delete on passkey_challenges to tc_identity;
grant select on operator_passkeys to tc_identity;
grant update (credential, last_used_at) on operator_passkeys to tc_identity;

-- Hosts, provisioning, the queue.
grant select, insert, update on tenants to tc_platform;
grant select, update, delete on jobs to tc_platform;
grant select, insert, update, delete on signups, retired_names, domains to tc_platform;
-- The console: its people, their sessions, the tokens of programs, and what was done.
grant select, insert on operators, operator_tokens, operator_events to tc_platform;
grant update (name, removed_at) on operators to tc_platform;
grant select, delete on operator_sessions to tc_platform;
grant update (last_seen_at, ended_at, passkey_id) on operator_sessions to tc_platform;
grant select, insert, delete on operator_passkeys to tc_platform;
grant update (name) on operator_passkeys to tc_platform;
grant update (last_used_at, revoked_at) on operator_tokens to tc_platform;
-- What it answered first to who asked for something new.
grant select, insert, delete on platform_idempotency_keys to tc_platform;
-- Making a tenant: it can be written, and not read.
grant insert on staff, audit_events, jobs to tc_platform;
-- Purging a tenant: its rows can be deleted and not read, and by their policies only once its grace is over. Whom it knew is
-- looked at, to see who is known nowhere else.
grant delete on tenants to tc_platform;
grant select (for_tenant), delete on alarms to tc_platform;
grant select (tenant_id), delete on staff_passkeys, staff_sessions, sessions, idempotency_keys, invitations, messages, registration_requests,
  confirmations, support_requests, account_access, trade_accounts, audit_events, staff to tc_platform;
grant select (customer_id) on sessions, registration_requests, account_access to tc_platform;
grant select, insert on deletion_certificates to tc_platform;
-- What a tenant uses, in numbers.
grant select, insert, update, delete on tenant_usage, tenant_days to tc_platform;

-- Taking a tenant along: the office reads the rest of what is its own in its row.
grant select (slug, samples, logo, created_at) on tenants to tc_office;
-- Bringing one back: whole rows of one tenant are added and looked at again, the people found by their phones or made.
grant select, insert on tenants, staff, trade_accounts, account_access, registration_requests, messages, audit_events, invitations,
  support_requests to tc_import;
grant select, insert on customers to tc_import;
grant select, delete on retired_names to tc_import;
grant insert, select (position, hash) on operator_events to tc_import;

-- Support: who asks for it, and the office that answers. The platform can ask and not answer itself: what it may write
-- of a request is without the answer's columns.
grant insert (tenant_id, request_id, operator_id, operator_name, reason, asked_at) on support_requests to tc_platform;
grant select on support_requests to tc_office;
grant update (status, decided_at, decided_by, granted_until, ended_at) on support_requests to tc_office;
-- An operator whom an owner has let in looks, each time under an entry in both logs, and changes nothing but the end of it.
-- Neither what messages say nor by which id all wholesalers know a person is theirs to read.
grant select on support_requests, trade_accounts, audit_events to tc_support;
grant update (ended_at) on support_requests to tc_support;
grant select (tenant_id, access_id, account_id, phone, contact_name, role, status, created_at) on account_access to tc_support;
grant select (tenant_id, request_id, phone, business_name, contact_name, message, status, reason, decided_by, created_at, decided_at)
  on registration_requests to tc_support;
grant select (tenant_id, message_id, channel, recipient, subject, status, problem, created_at, sent_at) on messages to tc_support;
grant insert on audit_events, operator_events to tc_support;
grant select (position, hash) on operator_events to tc_support;
grant select (id, removed_at) on operators to tc_support;

-- What a wholesaler says in its own words: its office writes it, and its jobs say it.
grant select, insert, delete on message_templates to tc_office;
grant update (subject, text, changed_at, changed_by) on message_templates to tc_office;

-- Goods, prices, baskets and orders. What a product costs the wholesaler, and what it calls its price lists, is nothing to its
-- customers.
grant select on categories, pictures, products, prices, search_words, catalogue_states, order_days, closed_days to tc_counter;
grant select (tenant_id, product_id, on_hand, reserved, back_order_limit, low_at) on stock to tc_counter;
grant update (reserved) on stock to tc_counter;
grant update (order_news, order_email) on trade_accounts to tc_counter;
grant select, insert on baskets, submissions to tc_counter;
grant update (submission_id, version, reference, note, changed_at) on baskets to tc_counter;
grant select, insert, delete on basket_lines to tc_counter;
grant update (quantity, minor_when_added, changed_at) on basket_lines to tc_counter;
-- An order as its customer sees it: without the office's note, and by whom of the staff it was placed by name alone.
grant select (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, placed_by_name, method, wanted_day,
  closes_at, reference, note, currency, vat_rounding, tax_country, net_minor, tax_minor, revision) on orders to tc_counter;
grant insert (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, placed_by, placed_by_name, method,
  wanted_day, closes_at, reference, note, currency, vat_rounding, tax_country, net_minor, tax_minor, revision) on orders to tc_counter;
grant update (status, status_since, method, wanted_day, closes_at, reference, note, net_minor, tax_minor, revision) on orders to tc_counter;
grant select, insert, delete on order_lines to tc_counter;
-- What is cancelled lets go of the stock that it holds.
grant update (reserved) on order_lines to tc_counter;
grant select (tenant_id, order_id, event_id, account_id, at, actor_kind, move, from_status, to_status, reason, details)
  on order_events to tc_counter;
grant insert on order_events to tc_counter;

grant select, insert, delete on categories, pictures, products, product_costs, price_lists, prices, stock, search_words, order_days,
  closed_days to tc_office;
grant select, insert on catalogue_states to tc_office;
grant update (slug, name, place) on categories to tc_office;
grant update (small, large, created_at) on pictures to tc_office;
grant update (sku, sku_key, name, name_key, keywords, description, category_id, status, replaced_by, pack, content_thousandths,
  content_measure, barcode, tax_class, minimum, multiple, stock_mode, picture_hash, updated_at) on products to tc_office;
grant update (cost_minor, supplier, updated_at) on product_costs to tc_office;
grant update (on_hand, reserved, back_order_limit, low_at, counted_at) on stock to tc_office;
grant update (version, words_version) on catalogue_states to tc_office;
grant update (name) on price_lists to tc_office;
grant update (valid_until, minor) on prices to tc_office;
grant update (days_before, cut_off) on order_days to tc_office;
grant update (words) on closed_days to tc_office;
grant update (price_list_id, route, order_news, order_email, news_ended_at, news_ended_why) on trade_accounts to tc_office;
grant select (stock_shown, vat_rounding, minimum_order_minor, tax_rates) on tenants to tc_office;
grant update (stock_shown, vat_rounding, minimum_order_minor, tax_rates) on tenants to tc_office;
-- A product that goes leaves the baskets. It is found there by its id; what else is in them the office does not read.
grant select (tenant_id, product_id), delete on basket_lines to tc_office;
grant select, insert on orders, order_lines, order_events to tc_office;
grant update (status, status_since, method, wanted_day, closes_at, reference, note, office_note, vat_rounding, tax_country, net_minor,
  tax_minor, revision) on orders to tc_office;
grant update (accepted, picked, delivered, why, reserved, net_minor, tax_minor, unit_minor, price_source) on order_lines to tc_office;
-- The first answers to submissions, of staff too; old ones are removed.
grant select, insert, delete on submissions to tc_office;
-- Files on their way: a row of one says what it would do, and is not told otherwise.
grant select, insert, delete on imports, import_pieces, import_rows, import_mappings to tc_office;
grant update (bytes, characters, separator, decimal_mark, headings, fields, status, reading, done, new_rows, changed_rows, unchanged_rows, wrong_rows,
  trouble, staff_id, staff_name, applied_at, undone_at, made_categories) on imports to tc_office;
grant update (field, said_at) on import_mappings to tc_office;

-- Purging a tenant, and bringing one back.
grant select (tenant_id), delete on categories, pictures, products, product_costs, stock, search_words, catalogue_states, price_lists,
  prices, baskets, basket_lines, order_days, closed_days, orders, order_lines, order_events, submissions, imports, import_pieces, import_rows,
  import_mappings, message_templates to tc_platform;
grant select, insert on categories, pictures, products, product_costs, stock, search_words, price_lists, prices, order_days, closed_days,
  orders, order_lines, order_events, message_templates to tc_import;
