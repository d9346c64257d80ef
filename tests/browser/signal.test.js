// A phone that loses its signal between the shelves: nothing that was tapped is lost, and an order that was sent is one order.
import assert from "node:assert/strict";

import { look } from "./browser.js";
import { MARGARET, signIn } from "./people.js";
import { open, test } from "./stage.js";

const { demo, newPerson } = await open("signal");

const status = (page, text) => page.locator("#signal").filter({ hasText: text }).waitFor();
const more = (page, at) => page.locator(".stepper button[name=more]").nth(at).click();
const basketOf = (page) => page.evaluate(async () => (await fetch("/api/v1/basket")).json());
const ordersOf = (page) => page.evaluate(async () => (await (await fetch("/api/v1/orders")).json()).items);

async function atTheShelf() {
  const page = await newPerson();
  await signIn(page, demo, "unionjack", MARGARET);
  await page.goto(demo.url("unionjack", "/products"));
  await page.evaluate(async () => { await navigator.serviceWorker.ready; });
  return page;
}

async function emptied(page) {
  await page.evaluate(() => fetch("/basket/emptying", { method: "POST" }));
}

async function isDelivered(page, lines) {
  for (const wait of Array(50).fill(200)) {
    const basket = await basketOf(page).catch(() => null);
    if (basket?.lines.length === lines) return basket;
    await page.waitForTimeout(wait);
  }
  throw new Error(`there are not ${lines} lines in the basket`);
}

test("what is tapped without signal is kept by the phone, and is in the basket when the signal is back", async () => {
  const page = await atTheShelf();
  await emptied(page);
  await more(page, 0);
  await isDelivered(page, 1);

  await page.context().setOffline(true);
  await more(page, 1);
  await more(page, 2);
  await status(page, "Kept on this device: 2 changes");
  await look(page, "shelf-without-signal");
  await page.goto(demo.url("unionjack", "/basket")).catch(() => {});
  await page.getByRole("heading", { level: 1, name: "No signal" }).waitFor();
  assert.equal(await page.locator("#kept li").count(), 3, "what was there, and what was tapped since");
  await look(page, "offline");

  await page.context().setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await isDelivered(page, 3);
  await page.goto(demo.url("unionjack", "/basket"));
  assert.equal(await page.locator(".stepper").count(), 3);
});

test("an order that is sent without signal goes by itself, once, also when its answer is lost", async () => {
  const page = await atTheShelf();
  await emptied(page);
  // Enough of it for the least that is ordered at once.
  const first = page.locator(".stepper").first();
  await first.locator("input[name^='q.']").fill("2000");
  await first.locator("input[name^='q.']").press("Tab");
  await isDelivered(page, 1);
  await page.goto(demo.url("unionjack", "/basket"));
  await page.getByLabel(/Your reference/).fill("Back door");

  await page.context().setOffline(true);
  await page.getByRole("button", { name: /Send order/ }).click();
  await status(page, "not sent yet");
  await look(page, "basket-without-signal");
  // The counter takes it, and its answer does not arrive: whoever asks again must not order again.
  const lost = [];
  const line = await page.context().newCDPSession(page);
  line.on("Fetch.requestPaused", async ({ requestId, responseStatusCode }) => {
    lost.push(responseStatusCode);
    await line.send("Fetch.failRequest", { requestId, errorReason: "ConnectionReset" });
    await line.send("Fetch.disable");
  });
  await line.send("Fetch.enable", { patterns: [{ urlPattern: "*/api/v1/basket/submission", requestStage: "Response" }] });
  await page.context().setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.waitForURL(/\/orders\/[A-Z]{2}-/);
  assert.deepEqual(lost, [201], "the first answer was lost");
  assert.deepEqual((await ordersOf(page)).slice(0, 2).map(({ reference }) => reference === "Back door"), [true, false], "one order");
  assert.equal((await basketOf(page)).lines.length, 0);
});

test("a phone that somebody else signs in on knows nothing of what was tapped before", async () => {
  const page = await atTheShelf();
  await page.context().setOffline(true);
  await more(page, 1);
  await status(page, "Kept on this device");
  await page.context().setOffline(false);
  await page.goto(demo.url("unionjack"));
  await page.getByRole("button", { name: "Sign out" }).first().click();
  await page.getByLabel("Mobile number").waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
});
