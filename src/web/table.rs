//! The table of pages, from its lines to what answers.

use http::Method;
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::{EndpointExt, IntoEndpoint, Request, Route, RouteMethod};

use super::Redirect;

/// One page: how it is asked for, and who answers.
pub struct PageRoute {
    pub method: Method,
    pub path: &'static str,
    endpoint: BoxEndpoint<'static>,
}

/// One line of it.
pub fn page<E>(method: Method, path: &'static str, endpoint: E) -> PageRoute
where
    E: IntoEndpoint,
    E::Endpoint: 'static,
{
    PageRoute { method, path, endpoint: endpoint.into_endpoint().map_to_response().boxed() }
}

/// Where somebody is led who opens the address that a form is sent to. A form that wants correcting is shown there, and a
/// phone that opens its tab again asks for it: it gets the page that the form is on, which is `…/new` beneath that address, or
/// else the nearest page above it.
struct LeadsBack {
    to_new: bool,
    /// How many parts of the address are kept.
    parts: usize,
}

impl LeadsBack {
    fn of(path: &str, pages: &[PageRoute]) -> Self {
        let is_page = |path: &str| pages.iter().any(|page| page.method == Method::GET && page.path == path);
        let to_new = is_page(&format!("{path}/new"));
        let mut above = path;
        while !to_new && above != "/" && !is_page(above) {
            above = above.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
        }
        Self { to_new, parts: above.split('/').filter(|part| !part.is_empty()).count() }
    }

    fn from(&self, path: &str) -> Redirect {
        let kept: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).take(self.parts).collect();
        Redirect::to(format!("/{}{}", kept.join("/"), if self.to_new { "/new" } else { "" }))
    }
}

/// All addresses that forms are sent to and that are no pages.
fn leads_back(pages: &[PageRoute]) -> Vec<PageRoute> {
    let has_page = |path: &str| pages.iter().any(|page| page.method == Method::GET && page.path == path);
    let of_forms = pages.iter().filter(|page| page.method == Method::POST && !has_page(page.path));
    let led = of_forms.map(|form| {
        let back = LeadsBack::of(form.path, pages);
        page(Method::GET, form.path, make_sync(move |request: Request| back.from(request.uri().path())))
    });
    led.collect()
}

/// All pages as one router; `paths` gets to know each of them with its methods.
pub fn gather(mut pages: Vec<PageRoute>, paths: &mut Vec<(String, Vec<Method>)>) -> Route {
    pages.extend(leads_back(&pages));
    let mut by_path: Vec<(&'static str, RouteMethod)> = Vec::new();
    for PageRoute { method, path, endpoint } in pages {
        match paths.iter_mut().find(|(known, _)| known == path) {
            Some((_, methods)) => methods.push(method.clone()),
            None => paths.push((path.to_owned(), vec![method.clone()])),
        }
        match by_path.iter().position(|(known, _)| *known == path) {
            Some(at) => {
                let (path, routes) = by_path.remove(at);
                by_path.push((path, routes.method(method, endpoint)));
            }
            None => by_path.push((path, RouteMethod::new().method(method, endpoint))),
        }
    }
    by_path.into_iter().fold(Route::new(), |routes, (path, methods)| routes.at(path, methods))
}

/// Whether a path is of a pattern such as `/devices/:id/end`.
pub fn matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with(':') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// A path as the log has it: one that is good for something by itself is a secret.
pub fn without_token(path: &str) -> &str {
    const PATTERN: &str = "/unsubscriptions/:token";
    if matches(PATTERN, path) { PATTERN } else { path }
}
