//! The keys of `tenant.toml`, asked for one by one; every one that is wrong, missing or not known is noted with its place.

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistakes::{Mistakes, Source};
use crate::values::text;

/// The file, and what was found wrong in it so far.
pub(super) struct Page<'a> {
    pub source: &'a Source,
    pub mistakes: &'a mut Mistakes,
}

impl Page<'_> {
    pub fn note(&mut self, byte: usize, text: impl Display) {
        self.mistakes.at(self.source, self.source.place(byte), text);
    }

    pub fn accept<T, E: Display>(&mut self, byte: usize, read: Result<T, E>) -> Option<T> {
        read.map_err(|why| self.note(byte, why)).ok()
    }

    pub fn text_of<'t>(&mut self, key: &str, value: &'t Spanned<DeValue<'_>>) -> Option<&'t str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.note(value.span().start, format_args!("`{key}` takes text in quotation marks"));
        }
        text
    }

    pub fn table_of<'t, 'i>(&mut self, key: &'static str, value: &'t Spanned<DeValue<'i>>) -> Option<Section<'t, 'i>> {
        let Some(table) = value.get_ref().as_table() else {
            self.note(value.span().start, format_args!("`{key}` takes keys of its own"));
            return None;
        };
        Some(Section::new(key, table, value.span().start))
    }
}

/// One table, asked for its keys one by one; what nobody asked for should not be there.
pub(super) struct Section<'t, 'i> {
    name: &'static str,
    table: &'t DeTable<'i>,
    start: usize,
    asked: Vec<&'static str>,
}

impl<'t, 'i> Section<'t, 'i> {
    pub fn new(name: &'static str, table: &'t DeTable<'i>, start: usize) -> Self {
        Self { name, table, start, asked: Vec::new() }
    }

    /// Whether a key is there that may be left out.
    pub fn may_have(&mut self, key: &'static str) -> bool {
        self.asked.push(key);
        self.table.contains_key(key)
    }

    /// Where the key's value stands; where the table begins when it is missing.
    pub fn place_of(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.start, |value| value.span().start)
    }

    pub fn value(&mut self, page: &mut Page, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let value = self.table.get(key);
        if value.is_none() {
            let of = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            page.note(self.start, format_args!("`{key}` is missing{of}"));
        }
        value
    }

    pub fn parsed<T, E: Display>(&mut self, page: &mut Page, key: &'static str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let value = self.value(page, key)?;
        let text = page.text_of(key, value)?;
        page.accept(value.span().start, parse(text))
    }

    pub fn words(&mut self, page: &mut Page, key: &'static str, what: &str, most: usize) -> Option<String> {
        self.parsed(page, key, |typed| text::line(typed, most).map_err(|why| why.about(what)))
    }

    /// A whole number of a range.
    pub fn whole(&mut self, page: &mut Page, key: &'static str, range: RangeInclusive<u16>) -> Option<u16> {
        let value = self.value(page, key)?;
        let number = value.get_ref().as_integer().and_then(|number| u16::from_str_radix(number.as_str(), number.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            page.note(value.span().start, format_args!("`{key}` takes a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    pub fn section(&mut self, page: &mut Page, key: &'static str) -> Option<Section<'t, 'i>> {
        let value = self.value(page, key)?;
        page.table_of(key, value)
    }

    pub fn list(&mut self, page: &mut Page, key: &'static str) -> Option<impl Iterator<Item = &'t Spanned<DeValue<'i>>> + use<'t, 'i>> {
        let value = self.value(page, key)?;
        let list = value.get_ref().as_array();
        if list.is_none() {
            page.note(value.span().start, format_args!("`{key}` takes a list"));
        }
        list.map(|list| list.iter())
    }

    pub fn finish(&self, page: &mut Page) {
        for (key, _) in self.table {
            if !self.asked.contains(&key.get_ref().as_ref()) {
                let known = self.asked.join(", ");
                page.note(key.span().start, format_args!("there is no key `{}` here; the keys are {known}", key.get_ref()));
            }
        }
    }
}
