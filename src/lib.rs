//! Tradecounter: a trade counter for every wholesaler, on its own subdomain.
//!
//! The rooms, in reading order. Knowledge points upwards: a room uses those above it.

pub mod clock;
pub mod error;
pub mod ids;
pub mod tax;
pub mod values;

pub mod config;
pub mod db;
pub mod tenancy;

pub mod api;
pub mod audit;
pub mod idempotency;
pub mod jobs;
pub mod lists;
pub mod messages;
pub mod paper;
pub mod web;

pub mod amendments;
pub mod archives;
pub mod basket;
pub mod catalogue;
pub mod categories;
pub mod certificates;
pub mod challenges;
pub mod confirmations;
pub mod console_domains;
pub mod console_events;
pub mod console_passkeys;
pub mod console_sign_in;
pub mod console_support;
pub mod console_tenants;
pub mod console_tokens;
pub mod dashboard;
pub mod devices;
pub mod domains;
pub mod email_sign_in;
pub mod exports;
pub mod getting_started;
pub mod home;
pub mod imports;
pub mod inbox;
pub mod invitations;
pub mod my_data;
pub mod number_changes;
pub mod office_accounts;
pub mod office_audit;
pub mod office_closing;
pub mod office_customers;
pub mod office_home;
pub mod office_orders;
pub mod office_passkeys;
pub mod office_products;
pub mod office_requests;
pub mod office_sign_in;
pub mod operators;
pub mod order_days;
pub mod order_settings;
pub mod orders;
pub mod passkeys;
pub mod phone_orders;
pub mod picking;
pub mod pictures;
pub mod price_lists;
pub mod pricing;
pub mod products;
pub mod public_site;
pub mod quick_orders;
pub mod registrations;
pub mod settings;
pub mod sign_in;
pub mod signups;
pub mod stock;
pub mod support;
pub mod sweep;
pub mod team;
pub mod tenants;
pub mod unsubscriptions;
pub mod wholesalers;

pub mod app;
pub mod commands;
pub mod routes;
