// A shopkeeper looks for goods on a phone, and a stranger sees as much as the wholesaler wants.
import assert from "node:assert/strict";

import { PHONE, atDesk, look } from "./browser.js";
import { HELEN, MARGARET, signIn, signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const { demo, newPerson } = await open("catalogue");
const heading = (page, name) => page.getByRole("heading", { name, exact: true });
const names = (page) => page.locator(".goods .what strong").allInnerTexts();
const HOLDER = "White hanging heart t-light holder";

async function find(page, typed) {
  await page.getByRole("searchbox").fill(typed);
  await Promise.all([page.waitForURL((url) => url.searchParams.get("query") === typed), page.getByRole("searchbox").press("Enter")]);
}

test("goods are browsed by category and page by page, and each says what it costs", async () => {
  const page = await newPerson();
  await signIn(page, demo, "unionjack", MARGARET);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Products" }).click();
  await heading(page, "All products").waitFor();
  const first = await names(page);
  assert.equal(first.length, 50);
  await look(page, "catalogue-all");
  await page.getByRole("link", { name: "Show more" }).click();
  await page.waitForURL(/after=/);
  assert.deepEqual((await names(page)).filter((name) => first.includes(name)), [], "the next page has others");

  const kinds = page.getByRole("navigation", { name: "Categories" });
  await kinds.getByRole("link", { name: "Candles & lights" }).click();
  await heading(page, "Candles & lights").waitFor();
  assert.equal(await kinds.locator("[aria-current]").innerText(), "Candles & lights");
  const { left, right } = await kinds.locator("[aria-current]").evaluate((one) => one.getBoundingClientRect());
  assert.ok(left >= 0 && right <= PHONE.width, "which one it is can be seen");
  await look(page, "catalogue-category");

  await page.locator("a.what").first().click();
  await page.getByText("ex VAT").first().waitFor();
  await page.getByText("inc VAT").first().waitFor();
  await look(page, "catalogue-product");
});

test("goods are found however they are typed", async () => {
  const page = await newPerson();
  await signIn(page, demo, "unionjack", MARGARET);
  for (const typed of ["white hanging heart", "tlight heart white", "T-LIGHT white heart hang", "hangign heart t-ligth holder white"]) {
    await find(page, typed);
    assert.ok((await names(page)).includes(HOLDER), `${typed}: ${await names(page)}`);
    assert.equal(await page.getByRole("searchbox").inputValue(), typed, "what was typed stays");
  }
  await find(page, "85123");
  assert.equal((await names(page))[0], HOLDER, "by its SKU");
  await find(page, "chirstmas decoratoin");
  assert.match(await page.getByRole("status").innerText(), /Shown for christmas decoration/);
  await look(page, "catalogue-mistyped");
  await find(page, "xyzzy");
  await heading(page, "Nothing was found").waitFor();
  await look(page, "catalogue-nothing");
});

test("without scripts it is the same", async () => {
  const page = await newPerson({ javaScriptEnabled: false });
  await signIn(page, demo, "unionjack", HELEN);
  await find(page, "hangign heart t-ligth holder white");
  assert.ok((await names(page)).includes(HOLDER));
  await page.getByRole("link", { name: HOLDER }).first().click();
  await heading(page, HOLDER).waitFor();
});

test("strangers see what the wholesaler lets them: prices, goods, or nothing", async () => {
  const office = await newPerson(atDesk);
  await signInToOffice(office, demo, "spiceroute", "owner@spiceroute.example");
  const stranger = await newPerson();
  for (const [choice, door] of [["all", "See goods and prices"], ["no_prices", "See what we sell"], ["nothing", null]]) {
    await office.goto(demo.url("spiceroute", "/office/settings"));
    await office.locator(`input[name=prices_shown][value=${choice}]`).check();
    await office.getByRole("button", { name: /^Save/ }).first().click();
    await office.getByRole("status").first().waitFor();
    await stranger.goto(demo.url("spiceroute"));
    if (!door) {
      assert.equal(await stranger.getByRole("link", { name: /goods|sell/ }).count(), 0);
      await stranger.goto(demo.url("spiceroute", "/products"));
      await heading(stranger, "Sign in with your phone").waitFor();
      continue;
    }
    await stranger.getByRole("link", { name: door }).click();
    await find(stranger, "turmeric");
    assert.ok((await names(stranger)).length > 0);
    const text = await stranger.locator("main").innerText();
    assert.equal(text.includes("£"), choice === "all", text);
    assert.equal(/\d (in stock|left)/.test(text), false, "never how many there are");
    assert.equal(await stranger.locator("main form").count(), 0, "nothing to order with");
    await look(stranger, `catalogue-stranger-${choice}`);
  }
});

/** What came over the line for this person since it was asked last, without pictures; what was kept comes over none. */
function scales(page) {
  let weighed = [];
  page.on("requestfinished", (request) => {
    const bytes = request.sizes().then(({ responseBodySize }) => Math.max(0, responseBodySize));
    if (request.resourceType() !== "image") weighed.push(bytes);
  });
  return async () => {
    await page.waitForLoadState("networkidle");
    const bytes = (await Promise.all(weighed)).reduce((sum, one) => sum + one, 0);
    weighed = [];
    return bytes;
  };
}

test("a first visit and the pages after it are light enough for a poor signal", async () => {
  const known = await newPerson();
  await signIn(known, demo, "unionjack", MARGARET);
  // What a phone's own worker fetches cannot be weighed: what it keeps for when there is no signal is added to the first visit.
  const page = await newPerson({ storageState: await known.context().storageState(), serviceWorkers: "block" });
  const weigh = scales(page);
  const kept = await Promise.all(["/sw.js", "/offline"].map((path) => demo.get(path, "unionjack")));
  await page.goto(demo.url("unionjack", "/products"));
  const first = kept.reduce((sum, { text }) => sum + text.length, await weigh());
  assert.ok(first > 10_000 && first <= 100 * 1024, `the first visit: ${first} bytes`);
  for (const path of ["/products?query=heart", "/usuals", "/account", "/"]) {
    await page.goto(demo.url("unionjack", path));
    const bytes = await weigh();
    assert.ok(bytes > 1_000 && bytes <= 30 * 1024, `${path}: ${bytes} bytes`);
  }
});
