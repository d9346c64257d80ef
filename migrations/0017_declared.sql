-- What the folder of a declared tenant held when it was last applied whole: what has not changed since is not looked at again.
alter table tenants add column declared_hash bytea;
