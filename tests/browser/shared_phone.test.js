// One phone, two people: A signs out, B signs in. Nothing of A may be left: not behind the back button, not in a cache.
import assert from "node:assert/strict";
import http from "node:http";

import { atDesk } from "./browser.js";
import { HELEN, MARGARET, declared, signIn } from "./people.js";
import { open, test } from "./stage.js";
import { pause, until } from "./wait.js";

const { demo, newPerson } = await open("shared-phone", { backForwardCache: true });

test("the back/forward cache is on here: a page without no-store comes back as it was left", async () => {
  const careless = await startCarelessShop("private, max-age=60");
  const page = await newSharedPhone();
  await page.goto(careless.url("/sign-in"));
  await page.goto(careless.url("/account"));
  await page.goto(careless.url("/sign-out"));
  await step(page, "back");
  assert.equal(page.restored.length, 1, "pageshow said that the page was restored");
  assert.ok((await page.content()).includes(careless.canary), "and it shows what its owner left");
  careless.close();
});

test("the search finds what a shop without no-store leaves behind, in each of the places it looks", async () => {
  const careless = await startCarelessShop("private, max-age=60");
  const page = await newSharedPhone();
  await page.goto(careless.url("/sign-in"));
  await page.goto(careless.url("/account"));
  await page.goto(careless.url("/sign-out"));
  const found = (await search(page, [careless.url("/account")], [careless.canary])).join("\n");
  for (const place of ["back", "restored", "cached fetch", "second tab"]) assert.match(found, new RegExp(place));
  careless.close();
});

test("and it finds nothing at a shop with no-store that ends the session", async () => {
  const careful = await startCarelessShop("private, no-store");
  const page = await newSharedPhone();
  await page.goto(careful.url("/sign-in"));
  await page.goto(careful.url("/account"));
  await page.goto(careful.url("/sign-out"));
  assert.deepEqual(await search(page, [careful.url("/account")], [careful.canary]), []);
  careful.close();
});

test("A signs out, B signs in: nothing of A is left", async () => {
  const [a, b] = [MARGARET, HELEN].map(({ phone }) => declared("unionjack", phone));
  const page = await newSharedPhone();
  const pages = ["/", "/account", "/products", "/wholesalers", "/devices"].map((path) => demo.url("unionjack", path));
  // Not the number as she types it: it is the example that the door shows to everybody.
  const canaries = [a.business_name, a.contact_name, a.account_number, MARGARET.phone];

  await signIn(page, demo, "unionjack", MARGARET);
  for (const address of pages) await page.goto(address);
  await page.goto(pages[1]);
  const seenByA = await page.content();
  assert.ok(seenByA.includes(a.business_name) && seenByA.includes(a.account_number), "the canaries are really there for A");
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await page.getByLabel("Mobile number").waitFor();
  assert.deepEqual(await search(page, pages, canaries), [], "after A has signed out");

  await signIn(page, demo, "unionjack", HELEN);
  await page.getByRole("heading", { level: 1, name: b.business_name }).waitFor();
  assert.deepEqual(await search(page, pages, canaries), [], "after B has signed in");
  await page.goto(pages[0]);
  await page.getByRole("heading", { level: 1, name: b.business_name }).waitFor();
});

test("A ends the phone from another device, B signs in on the phone: nothing of A is left either", async () => {
  const [a, b] = [HELEN, MARGARET].map(({ phone }) => declared("unionjack", phone));
  const page = await newSharedPhone();
  const pages = ["/", "/account", "/products", "/wholesalers", "/devices"].map((path) => demo.url("unionjack", path));
  const canaries = [a.business_name, a.contact_name, a.account_number, HELEN.typed, HELEN.phone];
  await signIn(page, demo, "unionjack", HELEN);
  for (const address of pages) await page.goto(address);

  const desk = await newPerson(atDesk);
  await pause(1_100); // A second text to one number waits for a second here.
  await signIn(desk, demo, "unionjack", HELEN);
  await desk.goto(demo.url("unionjack", "/devices"));
  const others = desk.getByRole("listitem").filter({ hasText: "Last seen" }).filter({ hasNotText: "This device" });
  for (let left = await others.count(); left > 0; left -= 1) {
    await Promise.all([desk.waitForEvent("load"), others.first().getByRole("button").click()]);
    assert.equal(await others.count(), left - 1, "the device is gone");
  }

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Home" }).click();
  await page.getByLabel("Mobile number").waitFor();
  assert.deepEqual(await search(page, pages, canaries), [], "after A has ended it");
  await signIn(page, demo, "unionjack", MARGARET);
  await page.getByRole("heading", { level: 1, name: b.business_name }).waitFor();
  assert.deepEqual(await search(page, pages, canaries), [], "after B has signed in");
});

/** A phone that tells when a page was restored, and what it showed at that moment, before any script of the page could act. */
async function newSharedPhone() {
  const page = await newPerson();
  page.restored = [];
  page.on("console", (message) => {
    if (message.text().startsWith("restored:")) page.restored.push(message.text());
  });
  await page.addInitScript(() => {
    addEventListener("pageshow", (event) => {
      if (event.persisted) console.info(`restored:${document.documentElement.outerHTML}`);
    });
  });
  return page;
}

/** Everywhere that a person with this phone in hand could look: a line for each place that shows a canary. */
async function search(page, addresses, canaries) {
  const found = [];
  const note = (place, text) => {
    for (const canary of canaries) if (text.includes(canary)) found.push(`${place}: ${canary}`);
  };

  page.restored.length = 0;
  const steps = await page.evaluate(() => history.length - 1);
  for (const direction of ["back", "forward"]) {
    for (let taken = 1; taken <= steps; taken += 1) {
      await step(page, direction);
      note(`${direction} ${taken}`, await page.content());
    }
  }
  page.restored.forEach((text, index) => note(`restored ${index + 1}`, text));
  await page.reload();
  note("reload", await page.content());

  for (const address of addresses) {
    for (const cache of ["only-if-cached", "force-cache", "default"]) note(`cached fetch (${cache}) of ${address}`, await fetched(page, address, cache));
  }
  const tab = await page.context().newPage();
  for (const address of addresses) {
    await tab.goto(address);
    note(`second tab ${address}`, await tab.content());
  }
  await tab.close();
  const stored = await page.evaluate(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, await caches.keys(), await indexedDB.databases()]));
  note("storage", stored);
  return found;
}

/** Playwright's own goBack waits for a load that a restored page does not have. */
async function step(page, direction) {
  await page.evaluate((direction) => void setTimeout(() => history[direction](), 0), direction);
  await pause(300);
  // Restored pages reload themselves, and addresses behind a sign-in redirect: until it has been quiet for a moment.
  let last = "";
  await until(`the page after ${direction}`, 10_000, async () => {
    const now = await page.evaluate(() => (document.readyState === "complete" ? `${location.href} ${performance.timeOrigin}` : "")).catch(() => "");
    const isQuiet = now !== "" && now === last;
    last = now;
    if (!isQuiet) await pause(150);
    return isQuiet;
  });
}

function fetched(page, address, cache) {
  return page.evaluate(
    async ([address, cache]) => {
      try {
        return await (await fetch(address, { cache, mode: "same-origin" })).text();
      } catch {
        return "";
      }
    },
    [address, cache],
  );
}

/** A shop with one account page, and a session that ends at /sign-out; how careless it is, its header says. */
async function startCarelessShop(cacheControl) {
  const canary = "The Careless Teapot";
  let isOpened = false;
  const server = http.createServer((request, response) => {
    const isSignedIn = request.headers.cookie?.includes("session=a");
    const answer = (text, headers = {}) => {
      response.writeHead(200, { "content-type": "text/html", "cache-control": cacheControl, ...headers });
      response.end(`<!doctype html><html lang="en"><title>Shop</title><p>${text}</p></html>`);
    };
    if (request.url === "/sign-in" && !isOpened) {
      isOpened = true;
      answer("Welcome", { "set-cookie": "session=a; Path=/; HttpOnly" });
    } else if (request.url === "/sign-in") answer("That was once");
    else if (request.url === "/sign-out") answer("Goodbye", { "set-cookie": "session=; Path=/; HttpOnly; Max-Age=0" });
    else answer(isSignedIn ? canary : "Please sign in");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { canary, close, url: (path) => `http://careless.localhost:${server.address().port}${path}` };
}
