// An order from the search to the door: a customer on a phone finds, orders, re-orders and cancels, and the desk sells it.
import assert from "node:assert/strict";

import { PHONE, atDesk, look } from "./browser.js";
import { MARGARET, declared, signIn, signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const { demo, newPerson } = await open("orders");
const at = (path) => demo.url("spiceroute", path);
const SHOP = declared("spiceroute", MARGARET.phone);
const TURMERIC = "Turmeric powder, 400 g";
const CUMIN = "Cumin seeds, case of 6 × 1 kg";

const heading = (page, name) => page.getByRole("heading", { level: 1, name });
const names = (page) => page.locator(".goods .what strong").allInnerTexts();
const chosen = (page, name) => page.getByLabel(`How many of ${name}`, { exact: true });
const sms = async () => (await demo.messages(MARGARET.phone)).length;
const row = (page, number) => page.getByRole("row").filter({ hasText: number });

async function go(page, menu, link) {
  await page.getByRole("navigation", { name: menu }).getByRole("link", { name: link }).click();
}

async function find(page, typed) {
  await page.getByRole("searchbox").first().fill(typed);
  await Promise.all([page.waitForURL((url) => url.searchParams.get("query") === typed), page.getByRole("searchbox").first().press("Enter")]);
}

/** The number of the order whose page this is. */
async function numberOf(page) {
  await page.waitForURL(/\/orders\/SR-[A-Z0-9]{3}-[A-Z0-9]{3}(\?|$)/);
  return new URL(page.url()).pathname.split("/").pop();
}

async function shopkeeper() {
  const page = await newPerson({ viewport: PHONE });
  await signIn(page, demo, "spiceroute", MARGARET);
  return page;
}

async function staff(who, options = atDesk) {
  const page = await newPerson(options);
  await signInToOffice(page, demo, "spiceroute", `${who}@spiceroute.example`);
  return page;
}

/** Agrees on a price with the shop, while its basket is open on the phone. */
async function agreePrice(page, sku, price) {
  await page.goto(at(`/office/customers?query=${SHOP.account_number}`));
  await page.locator("a.main").first().click();
  await page.locator("dl.facts a").first().click();
  await page.getByRole("heading", { name: "Their own prices" }).waitFor();
  await page.getByText("Set a price…").click();
  const form = page.locator("form[action$='/prices']");
  await form.getByLabel("SKU").fill(sku);
  await form.getByLabel("Price", { exact: true }).fill(price);
  await form.getByRole("button").click();
  await row(page, sku).getByText(price).first().waitFor();
}

/** The number of the order that the customer has sent and changed, and that the desk then sells. */
let first;

test("a customer finds, fills the basket, is asked when a price has moved, and sends the order", async () => {
  const desk = await staff("manager");
  await go(desk, "Office", "Orders");
  await heading(desk, "Orders").waitFor();
  const page = await shopkeeper();

  await find(page, "tumeric powdr");
  assert.match(await page.getByRole("status").filter({ hasText: "Shown for" }).innerText(), /turmeric powder/);
  assert.ok((await names(page)).includes(TURMERIC), await names(page));
  await look(page, "order-found");
  await find(page, "2000003642748");
  assert.equal((await names(page))[0], TURMERIC, "by its barcode");
  await page.getByRole("button", { name: `More of ${TURMERIC}` }).click();
  await page.locator("#bar").getByText("to the minimum").waitFor();
  await page.locator("#bar").getByRole("link", { name: "Basket" }).click();
  await heading(page, "Basket").waitFor();
  assert.equal(await chosen(page, TURMERIC).inputValue(), "1");
  await page.getByText("The minimum order is £").waitFor();
  await look(page, "order-below-minimum");

  await go(page, "Main", "Quick order");
  await page.getByLabel("Or a file").setInputFiles({ name: "order.csv", mimeType: "text/csv", buffer: Buffer.from("SKU;Quantity\nSR-TUR-1K;4\n") });
  await page.getByRole("button", { name: "Look them up" }).click();
  await page.getByRole("heading", { name: "All found" }).waitFor();
  await page.getByText("SR-TUR-1K · 4").waitFor();
  await page.getByLabel("Lines").fill("SR-CUM-1KC6\t2\nSR-NOPE 3\nSR-TUR-1K twelve");
  await page.getByRole("button", { name: "Look them up" }).click();
  await page.getByRole("heading", { name: "1 of 3 found" }).waitFor();
  assert.equal(await page.locator(".rows .wrong").count(), 2, "each says why not, beside it");
  await look(page, "order-quick");
  await page.getByRole("button", { name: "Add 1 to basket" }).click();
  await heading(page, "Basket").waitFor();
  assert.equal(await chosen(page, CUMIN).inputValue(), "2");
  await chosen(page, TURMERIC).fill("10");
  await chosen(page, TURMERIC).press("Tab");
  await page.locator("#sums").getByText("£88.52").first().waitFor();
  await page.getByLabel("When").selectOption({ index: 1 });
  await page.getByLabel("Your reference").fill("Kitchen 7");
  await page.getByLabel("Anything else?").fill("Ring twice");
  await look(page, "order-basket");

  await agreePrice(await staff("owner"), "SR-TUR-400", "2.35");
  const before = await sms();
  await page.getByRole("button", { name: /^Send order/ }).click();
  await page.getByRole("alert").getByText("(SR-TUR-400): £2.21 → £2.35").waitFor();
  assert.equal(await page.getByLabel("Your reference").inputValue(), "Kitchen 7", "what was typed is kept");
  await look(page, "order-price-moved");
  await page.getByRole("button", { name: /^Send at new price/ }).click();
  first = await numberOf(page);
  await page.getByRole("status").getByText("Your order is sent.").waitFor();
  await look(page, "order-sent");
  assert.match(await demo.nextMessage(MARGARET.phone, before), new RegExp(`your order ${first} is sent, £89\\.92`));
  await go(page, "Main", "Basket");
  await page.getByText("Your basket is empty").waitFor();

  await row(desk, first).waitFor({ timeout: 30_000 });
  await row(desk, first).getByText("£89.92").waitFor();
  const waiting = (await desk.getByRole("row").count()) - 1;
  await desk.getByRole("navigation", { name: "By state" }).getByRole("link", { name: `New ${waiting}`, exact: true }).waitFor();
  await look(desk, "desk-new-order");
});

test("a customer looks up an order, changes it, orders it once more, and cancels that", async () => {
  const page = await shopkeeper();
  await go(page, "Main", "Orders");
  await page.getByRole("link", { name: first }).click();
  await page.getByText("Kitchen 7").waitFor();
  const paper = await page.getByRole("link", { name: "Download PDF" }).evaluate(async ({ href }) => {
    const answer = await fetch(href);
    return [answer.headers.get("content-type"), (await answer.text()).slice(0, 5)];
  });
  assert.deepEqual(paper, ["application/pdf", "%PDF-"]);

  await page.getByRole("link", { name: "Change order…" }).click();
  await page.getByLabel(TURMERIC).fill("12");
  await page.getByRole("button", { name: "See what it comes to" }).click();
  await page.getByRole("heading", { name: "What it would come to" }).waitFor();
  await page.getByText(`${TURMERIC}: 10 → 12`).waitFor();
  await look(page, "order-edit-seen");
  await page.getByRole("button", { name: "Change it to £94.62" }).click();
  await page.getByRole("status").getByText("Your order is changed.").waitFor();

  await page.getByRole("button", { name: "Order this again" }).click();
  await page.getByRole("status").getByText(`What you ordered on ${first} is in your basket at today’s prices.`).waitFor();
  assert.equal(await chosen(page, TURMERIC).inputValue(), "12");
  await look(page, "order-again");
  await page.getByRole("button", { name: /^Send order/ }).click();
  const second = await numberOf(page);
  assert.notEqual(second, first);
  await page.getByText("Cancel the order…").click();
  await look(page, "order-cancel");
  await page.getByRole("button", { name: `Yes, cancel ${second}` }).click();
  await page.locator(".tag").getByText("Cancelled").waitFor();
  assert.equal(await page.getByText("Cancel the order…").count(), 0);
  await look(page, "order-cancelled");

  await page.goto(at("/orders"));
  await page.getByRole("link", { name: second }).getByText("Cancelled").waitFor();
  await page.getByRole("link", { name: first }).getByText("Sent", { exact: true }).waitFor();
  await page.goBack();
  await heading(page, second).waitFor();
});

test("the desk accepts with a change that was seen first, and the customer is told", async () => {
  const desk = await staff("manager");
  await go(desk, "Office", "Orders");
  await row(desk, first).getByRole("link").click();
  await desk.getByText("Ring twice").waitFor();
  await look(desk, "desk-order");
  await desk.getByRole("link", { name: "Change something…" }).click();
  await chosen(desk, CUMIN).fill("1");
  await desk.getByLabel(`Why ${CUMIN} is otherwise`).fill("One case is torn");
  await desk.getByLabel("SKU").first().fill("SR-CUM-1K");
  await desk.getByLabel("Quantity", { exact: true }).first().fill("5");
  await desk.getByRole("combobox", { name: "Instead of" }).first().selectOption({ label: CUMIN });
  await desk.getByRole("button", { name: "See what it comes to" }).click();
  await desk.getByRole("heading", { name: "What it would come to" }).waitFor();
  await desk.getByText(`${CUMIN}: 2 → 1. One case is torn`).waitFor();
  await look(desk, "desk-amendment-seen");
  const beside = await desk.context().newPage();
  await beside.goto(at(`/office/orders/${first}`));
  await beside.locator(".tag").getByText("New", { exact: true }).waitFor();
  await beside.close();
  const before = await sms();
  await desk.getByRole("button", { name: /^Accept with changes · £/ }).click();
  await desk.getByRole("status").getByText("Changed and accepted.").waitFor();
  await look(desk, "desk-amended");
  assert.match(await demo.nextMessage(MARGARET.phone, before), new RegExp(`has changed your order ${first}: .*2 -> 1`));

  const page = await shopkeeper();
  await page.goto(at(`/orders/${first}`));
  await page.getByText("One case is torn").first().waitFor();
  assert.equal(await page.getByRole("link", { name: "Change order…" }).count(), 0, "what was accepted is changed no more");
  await look(page, "order-amended");
});

test("a picker picks without a price, one line is short, it leaves and is handed over", async () => {
  const picker = await staff("picker");
  const hasNoPrice = async () => assert.ok(!(await picker.content()).includes("£"), picker.url());
  await picker.goto(at("/office/picking"));
  await picker.getByRole("link", { name: "Pick list to print" }).click();
  for (const layout of ["By category", "By route"]) {
    await go(picker, "Laid out", layout);
    await picker.locator("[aria-current]").getByText(layout).waitFor();
    await hasNoPrice();
  }
  await picker.goto(at("/office/picking"));
  await picker.getByRole("link", { name: first }).click();
  await hasNoPrice();
  await picker.getByRole("button", { name: "Start picking" }).click();
  await picker.getByLabel(`How many of ${TURMERIC} were picked`).fill("11");
  await picker.getByLabel(`Why there are fewer of ${TURMERIC}`).fill("The last one is open");
  await look(picker, "picking-short");
  await picker.getByRole("button", { name: "Save" }).click();
  await heading(picker, first).waitFor();
  assert.equal(await picker.getByLabel(`How many of ${TURMERIC} were picked`).inputValue(), "11");
  const before = await sms();
  await picker.getByRole("button", { name: "Send it on its way" }).click();
  await picker.getByRole("status").getByText(`${first} is done here.`).waitFor();
  await hasNoPrice();
  assert.match(await demo.nextMessage(MARGARET.phone, before), new RegExp(`your order ${first} is on its way\\. Not as ordered: .*12 -> 11`));
  const page = await shopkeeper();
  await page.goto(at(`/orders/${first}`));
  await page.locator(".tag").getByText("On its way").waitFor();

  await go(picker, "By stage", "On their way");
  await picker.getByRole("link", { name: first }).click();
  await look(picker, "picking-away");
  await picker.getByRole("button", { name: "Handed over" }).click();
  await picker.getByRole("status").getByText(`${first} is done here.`).waitFor();
  await page.reload();
  await page.locator(".tag").getByText("Delivered").waitFor();
  await page.getByText("The last one is open").first().waitFor();
  await look(page, "order-delivered");
});

test("the desk orders for a customer, which says so, accepts it, and cancels it with a reason", async () => {
  const desk = await staff("manager");
  await go(desk, "Office", "Orders");
  await desk.getByRole("link", { name: "Order for a customer" }).click();
  await desk.getByLabel("Business name or account number").fill("thistledown");
  await desk.getByRole("button", { name: "Look up" }).click();
  await desk.getByRole("link", { name: SHOP.business_name }).click();
  await desk.getByLabel("Lines").fill("SR-TUR-1KC6 3\nSR-NOPE 1");
  await desk.getByRole("button", { name: "See what it comes to" }).click();
  await desk.locator(".rows .wrong").waitFor();
  await look(desk, "desk-phone-order-wrong");
  await desk.getByLabel("Lines").fill("SR-TUR-1KC6 3");
  await desk.getByRole("button", { name: "See what it comes to" }).click();
  await look(desk, "desk-phone-order");
  const before = await sms();
  await desk.getByRole("button", { name: `Send for ${SHOP.business_name} · £79.38` }).click();
  await desk.getByRole("status").getByText(`Sent for ${SHOP.business_name}`).waitFor();
  const number = await numberOf(desk);
  assert.match(await demo.nextMessage(MARGARET.phone, before), new RegExp(`Samina Iqbal has ordered for you, ${number}`));
  const page = await shopkeeper();
  await page.goto(at(`/orders/${number}`));
  await page.getByText("for you by Samina Iqbal").waitFor();
  await look(page, "order-on-behalf");

  await desk.getByRole("button", { name: `Accept ${number}` }).click();
  await desk.getByRole("status").getByText("Accepted.").waitFor();
  const told = await sms();
  await desk.getByLabel("Reason").fill("The mill is closed this week.");
  await desk.getByRole("button", { name: `Cancel ${number}` }).click();
  await desk.getByRole("status").getByText("Cancelled.").waitFor();
  await look(desk, "desk-cancelled");
  assert.match(await demo.nextMessage(MARGARET.phone, told), /The mill is closed this week\./);
  await page.reload();
  await page.getByText("The mill is closed this week.").waitFor();
});
