//! The table of pages, from its lines to what answers.

use http::Method;
use poem::endpoint::BoxEndpoint;
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

/// To the page one step up. A form that wants correcting is shown at the address it was sent to, and there a phone
/// that opens its tab again asks for it: it is led back to the page the form is on.
pub fn back_up(request: Request) -> Redirect {
    Redirect::to(one_up(request.uri().path()))
}

/// The same, to where the list is.
pub fn two_up(request: Request) -> Redirect {
    Redirect::to(one_up(one_up(request.uri().path())))
}

fn one_up(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(up, _)| up)
}

/// All pages as one router; `paths` gets to know each of them with its methods.
pub fn gather(pages: Vec<PageRoute>, paths: &mut Vec<(String, Vec<Method>)>) -> Route {
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
