//! What the name servers say of a domain. One question is asked, for text; nothing is ever fetched from what it names.
//!
//! DNSSEC is not asked for: most domains have none, and what is asked is asked of a resolver of one's own, which looks
//! after that. Nothing is remembered, because somebody who has just set a record looks at once.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::course::Answer;
use crate::config::Domains;
use crate::values::Domain;

/// What stands in front of the random part of a record.
const PROOF: &str = "tradecounter-domain=";
/// How often one name server is asked again that has not answered.
const AGAIN: usize = 1;

/// What the record has to say.
pub fn proof(token: &str) -> String {
    format!("{PROOF}{token}")
}

/// Looks for the record that proves a domain.
pub async fn look(config: &Domains, domain: &Domain, token: &str) -> Answer {
    let most = Duration::from_secs(config.timeout_seconds * 3);
    let asked = tokio::time::timeout(most, texts(config, domain)).await.unwrap_or(Err(NetError::Timeout));
    match asked {
        Ok(texts) if texts.iter().any(|text| is_proof(text, token)) => Answer::Found,
        Ok(texts) if texts.is_empty() => Answer::NoRecord,
        Ok(_) => Answer::OtherRecord,
        Err(NetError::Dns(DnsError::NoRecordsFound(nothing))) if nothing.response_code == ResponseCode::NXDomain => Answer::NoName,
        Err(NetError::Dns(DnsError::NoRecordsFound(_))) => Answer::NoRecord,
        Err(NetError::Dns(_)) => Answer::Refused,
        Err(error) => {
            tracing::info!(%domain, %error, "no name server answered about a domain");
            Answer::NoAnswer
        }
    }
}

/// The texts of the records at the name of the proof, or at the one that it stands for; each record's strings are one text.
async fn texts(config: &Domains, domain: &Domain) -> Result<Vec<Vec<u8>>, NetError> {
    let name = Name::from_ascii(format!("{}.", domain.challenge_name()))?;
    let found = resolver(config)?.lookup(name, RecordType::TXT).await?;
    let texts = found.answers().iter().filter_map(|record| match &record.data {
        RData::TXT(text) => Some(text.txt_data.concat()),
        _ => None,
    });
    Ok(texts.collect())
}

/// Quotes that were copied along, and blanks, are part of no proof.
fn is_proof(text: &[u8], token: &str) -> bool {
    String::from_utf8_lossy(text).trim_matches(|c: char| c == '"' || c.is_whitespace()) == proof(token)
}

fn resolver(config: &Domains) -> Result<TokioResolver, NetError> {
    let provider = TokioRuntimeProvider::default();
    let mut builder = if config.resolvers.is_empty() {
        TokioResolver::builder(provider)?
    } else {
        let servers = config.resolvers.iter().map(name_server).collect();
        TokioResolver::builder_with_config(ResolverConfig::from_parts(None, Vec::new(), servers), provider)
    };
    let options: &mut ResolverOpts = builder.options_mut();
    options.timeout = Duration::from_secs(config.timeout_seconds);
    options.attempts = AGAIN;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    builder.build()
}

fn name_server(at: &SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(at.ip());
    for connection in &mut server.connections {
        connection.port = at.port();
    }
    server
}
