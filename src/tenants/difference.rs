//! What is declared against what stands, for everything that belongs to a tenant. No SQL here.

use std::collections::{HashMap, HashSet};

use super::declared::{Declared, DeclaredCustomer, DeclaredStaff};
use super::plan::{Change, counted};
use super::standing::Standing;

/// What is to be written.
pub(super) struct Difference<'d> {
    pub staff: Rows<'d, DeclaredStaff>,
    /// One row of each account, the first.
    pub accounts: Rows<'d, DeclaredCustomer>,
    pub customers: Rows<'d, DeclaredCustomer>,
}

/// The rows of one table that are not as declared.
pub(super) struct Rows<'d, Row> {
    pub missing: Vec<&'d Row>,
    pub different: Vec<&'d Row>,
    changes: Vec<Change>,
}

impl<'d> Difference<'d> {
    /// Compares. Whoever is not declared is not looked at, and removed staff stay removed.
    pub fn of(declared: &'d Declared, standing: &'d Standing) -> Self {
        let staff = declared.staff.iter().filter(|person| !standing.removed_staff.contains(person.email.as_str()));
        Self {
            staff: compare(staff, &standing.staff, |person| Compared {
                key: person.email.as_str(),
                name: format!("staff {}", person.email.as_str()),
                values: [("name", &person.name), ("role", person.role.word())],
            }),
            accounts: compare(first_rows(declared), &standing.accounts, |account| Compared {
                key: &account.account_number,
                name: format!("account {}", account.account_number),
                values: values_of_account(account, &standing.accounts),
            }),
            customers: compare(declared.customers.iter(), &standing.customers, |customer| Compared {
                key: customer.phone.as_str(),
                // Printed masked, by its Display.
                name: format!("customer {}", customer.phone),
                values: [("account", &customer.account_number), ("contact_name", &customer.contact_name), ("role", customer.role)],
            }),
        }
    }

    /// The same in words: staff by name, the many counted.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> =
            self.staff.missing.iter().map(|person| Change::Missing(format!("staff {}", person.email.as_str()))).collect();
        changes.extend(self.staff.changes.iter().cloned());
        changes.extend(counted(self.accounts.missing.len(), "trade account"));
        changes.extend(self.accounts.changes.iter().cloned());
        changes.extend(counted(self.customers.missing.len(), "customer"));
        changes.extend(self.customers.changes.iter().cloned());
        changes
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changes().is_empty()
    }
}

/// What the file does not say of an account is as it stands.
fn values_of_account<'d>(account: &'d DeclaredCustomer, standing: &'d HashMap<String, [String; 5]>) -> [(&'static str, &'d str); 5] {
    let there = || standing.get(&account.account_number).map_or(["", ""], |[.., price_list, route]| [price_list, route]);
    let [price_list, route] = account.terms.as_ref().map_or_else(there, |[price_list, route]| [price_list, route]);
    [
        ("business_name", &account.business_name),
        ("town", &account.town),
        ("country", account.country.as_str()),
        ("price_list", price_list),
        ("route", route),
    ]
}

fn first_rows(declared: &Declared) -> impl Iterator<Item = &DeclaredCustomer> {
    let mut seen = HashSet::new();
    declared.customers.iter().filter(move |row| seen.insert(row.account_number.as_str()))
}

/// What of a declared row is compared, under which name.
struct Compared<'d, const N: usize> {
    key: &'d str,
    name: String,
    values: [(&'static str, &'d str); N],
}

fn compare<'d, Row, const N: usize>(
    declared: impl Iterator<Item = &'d Row>,
    standing: &HashMap<String, [String; N]>,
    compared: impl Fn(&'d Row) -> Compared<'d, N>,
) -> Rows<'d, Row> {
    let mut rows = Rows { missing: Vec::new(), different: Vec::new(), changes: Vec::new() };
    for row in declared {
        let Compared { key, name, values } = compared(row);
        let Some(present) = standing.get(key) else {
            rows.missing.push(row);
            continue;
        };
        let before = rows.changes.len();
        for ((field, to), from) in values.into_iter().zip(present) {
            if to != from {
                rows.changes.push(Change::Different { what: format!("{name} {field}"), from: from.clone(), to: to.to_owned() });
            }
        }
        if rows.changes.len() > before {
            rows.different.push(row);
        }
    }
    rows
}
