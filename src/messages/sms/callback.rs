//! What somebody who says to be a provider has sent us.

use http::Uri;

/// A request for the address of a text's receipts.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    /// The public site, as it is reached from outside: what stands between may have asked us by another name.
    pub public_url: String,
    /// From the path on, as it was asked for.
    pub target: String,
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    /// As it was signed, where a header says that.
    pub signature: Option<String>,
}

impl Callback {
    /// The value of a field of the address; of one that is there twice, the first.
    pub fn query(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    /// The same of the body.
    pub fn form(&self, name: &str) -> Option<&str> {
        value(&self.form, name)
    }

    /// The addresses that it may have been sent to from outside: providers write the usual port, or leave it out.
    pub(super) fn addresses(&self) -> Vec<String> {
        let mut addresses = vec![format!("{}{}", self.public_url, self.target)];
        let uri: Option<Uri> = self.public_url.parse().ok();
        if let Some((scheme, host)) =
            uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.authority().filter(|at| at.port().is_none())?)))
        {
            let port = if scheme == "https" { 443 } else { 80 };
            addresses.push(format!("{scheme}://{host}:{port}{}", self.target));
        }
        addresses
    }
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
