-- Why a message did not reach whom it was for, in words, and since when that is known: said by the carrier at once, or later by a mail that
-- came back.
alter table messages add column problem text not null default '', add column failed_at timestamptz;

-- Of whose orders a letter is news: with such a letter goes the link that ends them. It names the account and does not hold it; an account
-- that goes leaves what was said of it.
alter table messages add column news_of uuid;

-- When news by e-mail ended that the office had set, and why; until it is set anew.
alter table trade_accounts add column news_ended_at timestamptz, add column news_ended_why text not null default '';
