//! The door that every request comes through: which site, from where, may it; then the site's routes; then
//! what every answer carries, and one line in the log.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use http::{HeaderMap, Method, StatusCode};
use poem::endpoint::BoxEndpoint;
use poem::{Body, Endpoint, Request, Response};
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use super::compression::{Packer, takes_gzip};
use super::failure::Failure;
use super::page::content_security_policy;
use super::server::Answers;
use super::share::Shares;
use super::table::{matches, without_token};
use super::{client, same_origin};
use crate::db::{Stats, with_stats};
use crate::error::Error;
use crate::tenancy::extract::{Here, Place, is_of_staff};
use crate::tenancy::host::requested_host;
use crate::tenancy::{Found, HostError, House, OwnDomain, Site};

/// How much of a body that is too large is still taken off the line, so that its sender gets to read the answer,
const DISCARDED_BYTES: usize = 8 * 1024 * 1024;
/// for how long,
const DISCARDING: Duration = Duration::from_secs(20);
/// and how long nothing may come meanwhile.
const DISCARDING_SILENCE: Duration = Duration::from_secs(2);

/// How many megabytes of large bodies are held at once.
const UPLOADED_MEGABYTES: usize = 96;

/// The routes of one kind of site, and the methods that each of its paths takes.
pub struct SiteRoutes {
    pub endpoint: BoxEndpoint<'static>,
    pub paths: Vec<(String, Vec<Method>)>,
    /// Paths that take larger bodies than forms are, from staff alone, and how large.
    pub large_bodies: &'static [(&'static str, usize)],
    /// Paths whose answers take the longer to make the more a tenant has.
    pub slow: &'static [&'static str],
}

/// The door.
pub struct Door {
    house: Arc<House>,
    public: SiteRoutes,
    counter: SiteRoutes,
    console: SiteRoutes,
    packer: Packer,
    uploads: Semaphore,
    shares: Shares,
}

/// What the log line tells of a request.
struct Visit {
    request_id: String,
    method: Method,
    path: String,
    client: IpAddr,
    here: Option<Here>,
}

impl SiteRoutes {
    /// The methods of a path.
    fn methods(&self, path: &str) -> impl Iterator<Item = &Method> {
        self.paths.iter().filter(move |(pattern, _)| matches(pattern, path)).flat_map(|(_, methods)| methods)
    }

    /// Where to, when somebody has typed one of our addresses with a slash behind it.
    fn path_without_slash(&self, request: &Request) -> Option<String> {
        let path = request.uri().path().strip_suffix('/')?;
        if !reads(request.method()) || !self.methods(path).any(|method| method == Method::GET) {
            return None;
        }
        Some(request.uri().query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    }
}

impl Door {
    /// With the routes of the public site, of the counters and of the console.
    pub fn new(house: Arc<House>, public: SiteRoutes, counter: SiteRoutes, console: SiteRoutes) -> Self {
        let shares = Shares::new(house.config.database.connections_per_tenant, house.config.http.waiting_per_tenant);
        Self { house, public, counter, console, packer: Packer::default(), uploads: Semaphore::new(UPLOADED_MEGABYTES), shares }
    }
}

impl Answers for Door {
    async fn answer(&self, request: Request) -> Response {
        let (started, stats) = (Instant::now(), Arc::new(Stats::default()));
        let peer = request.remote_addr().as_socket_addr().map_or(IpAddr::from([0, 0, 0, 0]), std::net::SocketAddr::ip);
        let mut visit = Visit {
            request_id: Uuid::now_v7().simple().to_string(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            client: client::address(peer, request.headers(), &self.house.config.http.trusted_proxies),
            here: None,
        };
        let takes_gzip = takes_gzip(request.headers());
        // On the heap, once: the future is large, and would otherwise be copied from each layer to the next.
        let work = Box::pin(AssertUnwindSafe(self.serve(request, &mut visit)).catch_unwind());
        let mut response = match with_stats(Arc::clone(&stats), work).await {
            Ok(Ok(response)) => response,
            Ok(Err(failed)) => self.show(&failed, &visit),
            Err(_panic) => Self::render(&Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR), &visit),
        };
        self.add_house_headers(&mut response, &visit);
        self.packer.pack(&mut response, takes_gzip).await;
        visit.log(&response, started.elapsed(), &stats);
        response
    }
}

impl Door {
    async fn serve(&self, mut request: Request, visit: &mut Visit) -> Result<Response, Failed> {
        let host = requested_host(request.original_uri(), request.headers()).map_err(Failed::Host)?;
        let (place, own_domain) = match self.in_time(StatusCode::SERVICE_UNAVAILABLE, self.place(&host)).await {
            // Nobody's cookies are looked at, and none are given: there is no site here any more.
            Err(Failed::Moved(to)) if reads(&visit.method) => return Ok(moved(&request, &to)),
            place => place?,
        };
        let headers = request.headers();
        let authority = request.original_uri().authority().map_or_else(
            || headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned(),
            |authority| authority.as_str().to_owned(),
        );
        let here = Here {
            house: Arc::clone(&self.house),
            host,
            place,
            own_domain,
            client: visit.client,
            user_agent: user_agent(headers),
            request_id: visit.request_id.clone(),
            writes: same_origin::is_unsafe(&visit.method),
            headers: Arc::new(headers.clone()),
        };
        visit.here = Some(here.clone());
        if !same_origin::passes(&visit.method, &visit.path, headers, &authority) {
            return Err(Failed::Error(Error::CrossSite.into()));
        }
        let mut _turn = None;
        if here.writes {
            let most;
            (most, _turn) = self.in_time(StatusCode::SERVICE_UNAVAILABLE, self.largest_body(&here, request.uri().path())).await?;
            // What is large may take longer to come.
            let limit = self.limit(most > self.house.config.http.body_limit_bytes);
            Self::within(limit, StatusCode::REQUEST_TIMEOUT, self.bound_body(&mut request, most)).await?;
        }
        let routes = match &here.place {
            Place::Public => &self.public,
            Place::Counter(_) => &self.counter,
            Place::Console => &self.console,
        };
        if let Some(path) = routes.path_without_slash(&request) {
            return Ok(Response::builder().status(StatusCode::PERMANENT_REDIRECT).header(LOCATION, path).finish());
        }
        let tenant = if let Place::Counter(tenant) = &here.place { Some(tenant.id) } else { None };
        let limit = self.limit(routes.slow.contains(&request.uri().path()));
        request.extensions_mut().insert(here);
        let answered = async {
            let _turn = match tenant {
                Some(tenant) => Some(self.shares.turn(tenant).await.map_err(|error| Failed::Error(error.into()))?),
                None => None,
            };
            routes.endpoint.call(request).await.map_err(Failed::Error)
        };
        Self::within(limit, StatusCode::SERVICE_UNAVAILABLE, answered).await
    }

    /// Waits for each part of a request for as long as it may take. 408 is for what did not arrive, and only for
    /// that: browsers send it again unasked (RFC 9110, 15.5.9), and what a handler had begun would be done twice.
    async fn in_time<T>(&self, late: StatusCode, part: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        Self::within(self.limit(false), late, part).await
    }

    async fn within<T>(limit: Duration, late: StatusCode, part: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        tokio::time::timeout(limit, part).await.unwrap_or(Err(Failed::Status(late)))
    }

    fn limit(&self, is_slow: bool) -> Duration {
        let http = &self.house.config.http;
        Duration::from_secs(if is_slow { http.export_timeout_seconds } else { http.request_timeout_seconds })
    }

    async fn place(&self, host: &str) -> Result<(Place, Option<OwnDomain>), Failed> {
        let tenants = &self.house.tenants;
        Ok(match self.house.hosts.site(host).map_err(Failed::Host)? {
            Site::Public => (Place::Public, None),
            Site::Console => (Place::Console, None),
            Site::Counter(slug) => match tenants.look_up(slug.as_str()).await.map_err(|error| Failed::Error(error.into()))? {
                Found::Tenant(tenant) => (Place::Counter(tenant), None),
                Found::Moved(to) => return Err(Failed::Moved(self.house.hosts.counter_url(to.as_str()))),
                Found::Nobody => return Err(Failed::Host(HostError::Unknown)),
            },
            Site::Domain(domain) => match tenants.at_domain(&domain).await.map_err(|error| Failed::Error(error.into()))? {
                Some((tenant, own_domain)) => (Place::Counter(tenant), Some(own_domain)),
                None => return Err(Failed::Host(HostError::Unknown)),
            },
        })
    }

    /// How large the body of this request may be. What is larger than a form is read for signed-in staff alone, and for a
    /// few at once, for as long as the turn that comes with it is held: the memory that it takes is bounded.
    async fn largest_body(&self, here: &Here, path: &str) -> Result<(usize, Option<SemaphorePermit<'_>>), Failed> {
        let ordinary = self.house.config.http.body_limit_bytes;
        let large = self.counter.large_bodies.iter().find(|(large, _)| matches(large, path));
        let (Some((_, most)), Place::Counter(tenant)) = (large, &here.place) else { return Ok((ordinary, None)) };
        // Who it is is looked up within the tenant's share, like everything; nobody keeps a turn who waits for something else.
        let turn = self.shares.turn(tenant.id).await.map_err(|error| Failed::Error(error.into()))?;
        let is_of_staff = is_of_staff(here).await.map_err(|error| Failed::Error(error.into()))?;
        drop(turn);
        if !is_of_staff {
            return Ok((ordinary, None));
        }
        let megabytes = most.div_ceil(1024 * 1024).clamp(1, UPLOADED_MEGABYTES);
        Ok((*most, self.uploads.acquire_many(u32::try_from(megabytes).unwrap_or(1)).await.ok()))
    }

    /// Reads the body, as long as it is not longer than allowed. A length that is not told is no reason to
    /// refuse; a length that lies is found out.
    async fn bound_body(&self, request: &mut Request, most: usize) -> Result<(), Failed> {
        let told =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()).and_then(|length| length.parse::<usize>().ok());
        let mut body = Box::pin(request.take_body().into_bytes_stream());
        let mut read = BytesMut::new();
        let mut is_larger = told.is_some_and(|length| length > most);
        while !is_larger && let Some(chunk) = body.next().await {
            read.extend_from_slice(&chunk.map_err(|_| Failed::Status(StatusCode::BAD_REQUEST))?);
            is_larger = read.len() > most;
        }
        if is_larger {
            // Who asks before sending has nothing on the way.
            if !request.headers().contains_key(EXPECT) {
                tokio::spawn(discard(body));
            }
            return Err(Failed::Status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        // An operation whose fields are all optional may be sent nothing, and then nobody names its type.
        if read.is_empty() && !request.headers().contains_key(CONTENT_TYPE) {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request.set_body(Body::from_bytes(read.freeze()));
        Ok(())
    }

    fn show(&self, failed: &Failed, visit: &Visit) -> Response {
        match failed {
            Failed::Host(HostError::Unknown) => Failure::of_status(StatusCode::NOT_FOUND).plain(),
            Failed::Host(HostError::Malformed) => Failure::of_status(StatusCode::BAD_REQUEST).plain(),
            Failed::Moved(to) => Self::render(&Failure::moved(to), visit),
            Failed::Status(status) => {
                if *status == StatusCode::SERVICE_UNAVAILABLE {
                    tracing::error!(request_id = visit.request_id, "a request was not answered in time");
                }
                Self::render(&Failure::of_status(*status), visit)
            }
            Failed::Error(error) => {
                if let Some(error @ (Error::Internal(_) | Error::Unavailable(_))) = error.downcast_ref::<Error>() {
                    tracing::error!(request_id = visit.request_id, error = error.for_log(), "a request failed");
                }
                let failure = Failure::of(error);
                let failure = match failure.status {
                    StatusCode::METHOD_NOT_ALLOWED => failure.with_allow(self.allowed(visit)),
                    StatusCode::UNAUTHORIZED if matches!(visit.here, Some(Here { place: Place::Console, .. })) => failure.at_console(),
                    _ => failure,
                };
                Self::render(&failure, visit)
            }
        }
    }

    fn render(failure: &Failure, visit: &Visit) -> Response {
        let for_machines = visit.path.starts_with("/api/");
        match &visit.here {
            _ if for_machines => failure.problem(&visit.request_id),
            here => failure.page(here.as_ref(), &visit.request_id, &visit.path),
        }
    }

    /// The methods of a path that was asked with another one.
    fn allowed(&self, visit: &Visit) -> String {
        let routes = match visit.here.as_ref().map(|here| &here.place) {
            Some(Place::Counter(_)) => &self.counter,
            Some(Place::Console) => &self.console,
            _ => &self.public,
        };
        let mut methods: Vec<&str> = routes.methods(&visit.path).map(Method::as_str).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ")
    }

    /// What every answer carries unless it says otherwise: nobody keeps it, nobody frames it, nobody guesses.
    fn add_house_headers(&self, response: &mut Response, visit: &Visit) {
        let headers = response.headers_mut();
        let mut say = |name: &'static str, value: &str| {
            let name = HeaderName::from_static(name);
            if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        };
        say("cache-control", "private, no-store");
        say("content-security-policy", &content_security_policy(""));
        say("x-content-type-options", "nosniff");
        say("referrer-policy", "same-origin");
        say("cross-origin-opener-policy", "same-origin");
        say("cross-origin-resource-policy", "same-origin");
        say("permissions-policy", "camera=(), geolocation=(), microphone=()");
        say("x-request-id", &visit.request_id);
        if self.house.hosts.is_secure() {
            // What is under a wholesaler's own domain is not ours to speak for.
            let is_own = visit.here.as_ref().is_some_and(|here| here.own_domain.is_some());
            say("strict-transport-security", if is_own { "max-age=31536000" } else { "max-age=31536000; includeSubDomains" });
        }
    }
}

/// Why there is no answer of a handler's.
enum Failed {
    Host(HostError),
    /// The name is no longer the tenant's; its counter is there.
    Moved(String),
    Status(StatusCode),
    Error(poem::Error),
}

impl Visit {
    fn log(&self, response: &Response, took: Duration, stats: &Stats) {
        let status = response.status();
        let (site, tenant) = match self.here.as_ref().map(|here| &here.place) {
            Some(Place::Public) => ("public", ""),
            Some(Place::Console) => ("console", ""),
            Some(Place::Counter(tenant)) => ("counter", tenant.slug.as_str()),
            None => ("none", ""),
        };
        metrics::counter!("http_requests", "site" => site, "status" => status.as_str()[..1].to_owned() + "xx").increment(1);
        metrics::histogram!("http_request_seconds", "site" => site).record(took.as_secs_f64());
        tracing::info!(
            request_id = self.request_id,
            method = %self.method,
            path = without_token(&self.path),
            status = status.as_u16(),
            ms = milliseconds(took),
            db_ms = milliseconds(stats.time()),
            queries = stats.round_trips(),
            tenant,
            client = %self.client,
            "request"
        );
    }
}

/// Takes the rest of a body off the line, as long as it is worth it. With it unread the connection would be reset,
/// and the answer lost with it.
async fn discard(mut body: impl Stream<Item = std::io::Result<Bytes>> + Unpin) {
    let rest = async {
        let mut discarded = 0;
        while let Ok(Some(Ok(chunk))) = tokio::time::timeout(DISCARDING_SILENCE, body.next()).await {
            discarded += chunk.len();
            if discarded > DISCARDED_BYTES {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DISCARDING, rest).await;
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The way to the same path of the counter's new address.
fn moved(request: &Request, to: &str) -> Response {
    let path = request.uri().path_and_query().map(http::uri::PathAndQuery::as_str).filter(|path| path.starts_with('/'));
    Response::builder().status(StatusCode::PERMANENT_REDIRECT).header(LOCATION, format!("{to}{}", path.unwrap_or("/"))).finish()
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

fn user_agent(headers: &HeaderMap) -> String {
    let told = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    told.chars().take(200).collect()
}
