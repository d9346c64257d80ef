"use strict";
// Stands in for a page of the counter that cannot be fetched, and keeps nothing that the counter answered to anybody: one page
// that is the same for all, its style and its script.
const KEPT = "offline:" + new URL(self.location).searchParams.get("v");
const OFFLINE = "/offline";

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    await kept.add(OFFLINE);
    const page = await (await kept.match(OFFLINE)).text();
    await kept.addAll([...page.matchAll(/(?:href|src)="(\/(?:assets|brand)[^"]*)"/g)].map(([, path]) => path));
    await skipWaiting();
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
    await clients.claim();
  })());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET" || pathname.startsWith("/office")) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(async () => (await caches.match(OFFLINE)) ?? Response.error()));
  else if (pathname.startsWith("/assets/")) event.respondWith(fetch(request).catch(async () => (await caches.match(request)) ?? Response.error()));
});
