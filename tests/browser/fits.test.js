// Whatever strangers write and however large the letters are: a page stays as wide as the window, and all of it can be reached.
import assert from "node:assert/strict";

import { PHONE, assertFits, assertRingsAreWhole, atDesk, launch, look, newPerson as newPersonIn } from "./browser.js";
import { HELEN, MARGARET, askForAccount, declared, signIn, signInToOffice, stranger } from "./people.js";
import { open, test } from "./stage.js";

const OWNER = "owner@unionjack.example";
const LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch".repeat(2).slice(0, 80);

const { demo, newPerson } = await open("fits");

test("a name that is one long word pushes nothing off the screen", async () => {
  const shop = await newPerson();
  await signIn(shop, demo, "unionjack", stranger("21"));
  await askForAccount(shop, { business: LONG, contact: LONG.toUpperCase(), message: "m".repeat(500) });
  await look(shop, "registration-pending-long");

  // What another one writes at length leaves room for who they are.
  const talkative = await newPerson();
  await signIn(talkative, demo, "unionjack", stranger("22"));
  await askForAccount(talkative, { business: "Field & Sons", contact: "Josephine Field", message: "We sell cards and gifts. ".repeat(30) });

  const office = await newPerson(atDesk);
  await signInToOffice(office, demo, "unionjack", OWNER);
  await look(office, "office-requests-long");
  assert.deepEqual(await office.getByRole("cell", { name: "Josephine Field", exact: true }).evaluateAll(brokenWords), []);
  await office.getByRole("link", { name: LONG, exact: true }).click();
  await office.getByRole("heading", { level: 1, name: LONG }).waitFor();
  await look(office, "office-request-long");
  await office.getByRole("button", { name: `Approve ${LONG}` }).click();
  await office.getByRole("heading", { level: 2, name: "Approved" }).waitFor();
  await office.goto(demo.url("unionjack", `/office?status=decided`));
  await look(office, "office-decided-long");
  await office.goto(demo.url("unionjack", `/office/customers?query=${LONG.slice(0, 20)}`));
  await look(office, "office-customers-long");
  await office.getByRole("link", { name: LONG, exact: true }).click();
  await office.getByText("Suspend…").click();
  await look(office, "office-customer-long");

  await shop.reload();
  await shop.getByRole("heading", { level: 1, name: LONG }).waitFor();
  await look(shop, "home-long");
});

test("the measure finds what is wide, cut off, written over something else, or too small to press", async () => {
  const page = await newPerson();
  for (const [found, body] of [
    [/400 px wide/, '<p style="width: 400px">Wide</p>'],
    [/outside: Far/, '<p style="margin-left: -60px">Far on the left</p>'],
    [/cut off: Long/, '<p style="overflow: hidden; width: 90px; white-space: nowrap">Longer than its box is wide</p>'],
    [/cut off: Low/, '<p style="overflow: hidden; height: 12px">Lower than its box is high</p>'],
    [/each other: One and Two/, '<p>One</p><p style="margin-top: -30px">Two</p>'],
    [/too small to press: Small/, "<button>Small</button>"],
    [/too small to press: Alone/, '<p><a href="/">Alone</a></p>'],
    [/beside its row, too: Goods/, '<ul><li class="row"><a class="main" href="/">Goods</a></li></ul>'],
    [/sticks out: Unbreakable/, '<button style="width: 60px; height: 50px; white-space: nowrap">Unbreakable</button>'],
  ]) {
    await page.setContent(`<!doctype html><meta name="viewport" content="width=device-width"><body style="margin: 0">${body}`);
    await assert.rejects(assertFits(page, "a page with a fault"), found);
  }
  await page.setContent('<!doctype html><meta name="viewport" content="width=device-width"><p>A link in <a href="/">a sentence</a> is as high as it</p>');
  await assertFits(page, "a page without one");
});

test("letters of twice the size stay words, and on the page", async () => {
  const large = await launch({ fontSize: 32 });
  try {
    const shop = await newPersonIn(large);
    await shop.goto(demo.url("unionjack"));
    assert.equal(await shop.evaluate(() => getComputedStyle(document.documentElement).fontSize), "32px");
    await look(shop, "door-large-letters", [PHONE]);
    await signIn(shop, demo, "unionjack", HELEN);
    await look(shop, "home-large-letters", [PHONE]);
    assert.deepEqual(await shop.locator("dt, dd").evaluateAll(brokenWords), []);
    for (const place of ["account", "products", "wholesalers", "devices"]) {
      await shop.goto(demo.url("unionjack", `/${place}`));
      await look(shop, `${place}-large-letters`, [PHONE]);
      assert.deepEqual(await shop.locator("main strong").evaluateAll(brokenWords), []);
    }
    const office = await newPersonIn(large);
    await signInToOffice(office, demo, "unionjack", OWNER);
    await look(office, "office-requests-large-letters", [PHONE]);
    await office.goto(demo.url("unionjack", `/office/customers?query=${declared("unionjack", MARGARET.phone).account_number}`));
    await look(office, "office-customers-large-letters", [PHONE]);
    assert.deepEqual(await office.locator("td:not(:has(.tag))").evaluateAll(brokenWords), []);
    await office.locator("a.main").first().click();
    await office.getByRole("heading", { level: 2, name: "History" }).waitFor();
    await look(office, "office-customer-large-letters", [PHONE]);
    assert.deepEqual(await office.locator("dt, dd").evaluateAll(brokenWords), []);
  } finally {
    await large.close();
  }
});

test("whoever goes by keyboard sees where they are", async () => {
  const shop = await newPerson(atDesk);
  await signIn(shop, demo, "spiceroute", MARGARET);
  await shop.reload();
  await assertRingsAreWhole(shop);
  const office = await newPerson(atDesk);
  await signInToOffice(office, demo, "spiceroute", "owner@spiceroute.example");
  await office.goto(demo.url("spiceroute", "/office/customers"));
  await assertRingsAreWhole(office);
});

test("on paper there is what was written, dark on white, and nothing to press", async () => {
  const office = await newPerson({ ...atDesk, colorScheme: "dark" });
  await signInToOffice(office, demo, "unionjack", OWNER);
  await office.goto(demo.url("unionjack", `/office/customers?query=${declared("unionjack", MARGARET.phone).account_number}`));
  await office.locator("a.main").first().click();
  await office.getByRole("heading", { level: 2, name: "History" }).waitFor();
  await office.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await office.locator(".button:visible, nav:visible, input:visible").count(), 0);
  assert.equal(await office.evaluate(() => getComputedStyle(document.body).color), "rgb(29, 28, 26)");
});

/** Those whose text takes more lines than it has words: a word was broken. */
function brokenWords(elements) {
  const lines = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom))).size;
  };
  return elements.filter((element) => lines(element) > element.textContent.trim().split(/\s+/).length).map((element) => element.textContent);
}
