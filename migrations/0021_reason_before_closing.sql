-- Why a tenant was in the state in which its closing found it: a suspended one whose closing is taken back is suspended for
-- the same reason as before.
alter table tenants add column reason_before_closing text not null default '';
