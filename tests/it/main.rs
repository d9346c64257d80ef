//! One binary, so that it links once. Each test has the real application in its own process, on a database of
//! its own, copied from a migrated template, and comes in by HTTP as the server's own database roles.
//!
//! Run it with `make test-rust`, or `cargo run -- database run -- cargo nextest run`.

#![expect(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on ends, and looks behind the doors"
)]
#![allow(clippy::pedantic, reason = "tests are read as stories")]

mod amendments;
mod authenticator;
mod browser;
mod house;
mod name_server;
mod secrecy;

mod answers;
mod archives;
mod attacks;
mod audit;
mod audit_pages;
mod basket;
mod bounces;
mod budgets;
mod bulk;
mod cancellation;
mod carriers;
mod catalog;
mod catalogue;
mod closing;
mod code_pages;
mod codes;
mod companions;
mod configuration;
mod connections;
mod console_changes;
mod console_gateways;
mod console_jobs;
mod counterparts;
mod crowd;
mod dashboard;
mod deciding;
mod declared_goods;
mod declared_tenants;
mod demo;
mod desk;
mod dkim;
mod domain_checks;
mod domain_hosts;
mod domains;
mod door;
mod exports;
mod failover;
mod furniture;
mod gateways;
mod goods;
mod goods_applied;
mod goods_walls;
mod holdings;
mod hosts;
mod import_customers;
mod import_files;
mod imports;
mod isolation;
mod jobs;
mod kill;
mod known_browsers;
mod leaks;
mod letters;
mod lifecycle;
mod limits;
mod many_products;
mod message_command;
mod message_templates;
mod messages;
mod migrations;
mod my_data;
mod neighbours;
mod number_changes;
mod office;
mod office_accounts;
mod office_messages;
mod office_products;
mod once;
mod openapi;
mod operator_commands;
mod operators;
mod order_days;
mod order_edits;
mod order_papers;
mod order_settings;
mod orders;
mod own_pages;
mod page_rules;
mod pages;
mod passkeys;
mod phone_oracle;
mod phone_orders;
mod picking;
mod product_pictures;
mod production;
mod purge_walls;
mod purging;
mod quick_orders;
mod receipts;
mod recovery;
mod renaming;
mod rush;
mod same_answer;
mod sessions;
mod settings;
mod shoppers;
mod signups;
mod silence;
mod sizes;
mod stream_resets;
mod submissions;
mod support;
mod surfaces;
mod sweep;
mod team;
mod tenant_scripts;
mod tenants;
mod tidy;
mod typed;
mod unsubscriptions;
mod usage;
mod walk;
mod wall_writes;
mod walls;
mod wire;
