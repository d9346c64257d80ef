//! The text message that brings a code. Whatever a wholesaler writes, and however it is called, its last line is the one that
//! phones read, and no other line is.

use super::kinds::{BUSINESS_NAME, CODE, TIME};
use super::{Kind, Wording};
use crate::messages::one_line;
use crate::messages::sms::segments;
use crate::tenancy::Tenant;

/// What it says.
#[derive(Clone, Copy)]
pub struct CodeText<'a> {
    pub code: &'a str,
    /// How long it lives.
    pub minutes: i64,
    /// To which it is bound.
    pub host: &'a str,
}

/// Our own words are to cost one message, whatever a wholesaler is called; its own may cost two.
const OURS_MOST: usize = 1;

impl CodeText<'_> {
    /// The whole text, with the business name cut until it costs no more than it may. Own words that cost more even so, because
    /// the host became longer since they were written, give way to ours.
    pub fn worded(self, tenant: &Tenant, wording: &Wording) -> String {
        if !wording.own.sms.is_empty() {
            let text = self.within(tenant, wording, wording.kind.most_segments());
            if segments(&text).count <= wording.kind.most_segments() {
                return text;
            }
        }
        self.within(tenant, &Wording::ours(wording.kind, wording.language), OURS_MOST)
    }

    /// The same, as long as it is, for whoever writes it.
    pub(super) fn within(self, tenant: &Tenant, wording: &Wording, most: usize) -> String {
        let mut name = one_line(&tenant.business_name);
        loop {
            let text = self.of(wording, &name);
            if segments(&text).count <= most || name == tenant.slug.as_str() {
                return text;
            }
            // A letter outside the old alphabet of text messages halves its length; then the slug stands in.
            name = match name.char_indices().nth(24) {
                Some((end, _)) => name.get(..end).unwrap_or_default().trim_end().to_owned(),
                None => tenant.slug.as_str().to_owned(),
            };
        }
    }

    /// The last line binds the code to the host, for phones that fill it in (WICG sms-one-time-codes), and so has to be the last.
    /// Before it there is one line alone, so that no other can be taken for it.
    fn of(self, wording: &Wording, business_name: &str) -> String {
        let plural = if self.minutes == 1 { "" } else { "s" };
        let time = format!("{} minute{plural}", self.minutes);
        let values = [(&BUSINESS_NAME, business_name.to_owned()), (&CODE, self.code.to_owned()), (&TIME, time)];
        format!("{}\n\n@{} #{}", wording.text(&values), self.host, self.code)
    }
}

/// Which message brings the code of a challenge of this purpose.
pub fn kind_of(purpose: &str) -> Kind {
    match purpose {
        "erasure" => Kind::ErasureCode,
        "number_change" => Kind::NumberChangeCode,
        _ => Kind::SignInCode,
    }
}
