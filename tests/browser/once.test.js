// One order, whatever is pressed: a thumb that taps twice, a page that is loaded again, the way back, and a page that was left open.
import assert from "node:assert/strict";

import { MARGARET, signIn } from "./people.js";
import { open, test } from "./stage.js";

const { demo, newPerson } = await open("once", { backForwardCache: true });
const at = (path) => demo.url("unionjack", path);

// The newest, as many as are on a page.
const ordersOf = (page) => page.evaluate(async () => (await (await fetch("/api/v1/orders")).json()).items.map(({ number }) => number));
const send = (page) => page.getByRole("button", { name: /^Send order/ });

async function withBasket(options) {
  const page = await newPerson(options);
  await signIn(page, demo, "unionjack", MARGARET);
  await page.goto(at("/products"));
  const first = page.locator(".stepper").first();
  await first.locator("input[name^='q.']").fill("2000");
  await first.locator("input[name^='q.']").press("Enter");
  await page.locator("#bar").getByText("Ex VAT").waitFor();
  await page.goto(at("/basket"));
  await send(page).waitFor();
  return page;
}

async function numberOf(page) {
  await page.waitForURL(/\/orders\/UJ-[A-Z0-9]{3}-[A-Z0-9]{3}/);
  return new URL(page.url()).pathname.split("/").pop();
}

for (const [how, javaScriptEnabled] of [["", true], [", without scripts", false]]) {
  test(`two taps, loading again, going back, and a page that was left open: one order${how}`, async () => {
    const page = await withBasket({ javaScriptEnabled });
    const before = await ordersOf(page);
    const leftOpen = await page.context().newPage();
    await leftOpen.goto(at("/basket"));
    await send(leftOpen).waitFor();

    await send(page).dblclick({ noWaitAfter: true });
    const number = await numberOf(page);
    await page.reload();
    await page.reload();
    assert.equal(await numberOf(page), number);

    await page.goBack({ waitUntil: "commit" });
    await page.getByRole("heading", { level: 1, name: "Basket" }).waitFor();
    // Whether the page is the old one or a new one is the browser's business.
    if (await send(page).count()) {
      await send(page).click();
      assert.equal(await numberOf(page), number);
    }
    await page.goForward({ waitUntil: "commit" }).catch(() => {});
    await send(leftOpen).click();
    assert.equal(await numberOf(leftOpen), number, "it leads to what was sent");
    await leftOpen.reload();
    await leftOpen.goBack({ waitUntil: "commit" });
    await leftOpen.reload();

    assert.deepEqual(await ordersOf(page), [number, ...before].slice(0, before.length));
  });
}
