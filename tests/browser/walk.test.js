// What a shopkeeper and a wholesaler do, by hand, on a phone of 360 pixels.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { HELEN, MARGARET, askForAccount, askForCode, codeIn, declared, goToWholesalers, houseName, signIn, signInToOffice, stranger } from "./people.js";
import { open, test } from "./stage.js";

const UNION_JACK = houseName("unionjack");
const SPICE_ROUTE = houseName("spiceroute");
const OWNER = "owner@unionjack.example";

const { demo, newPerson } = await open("walk");

const heading = (page, name) => page.getByRole("heading", { level: 1, name });
const isAtDoor = (page) => heading(page, "Sign in with your phone").waitFor();

test("a shopkeeper signs in, moves to another wholesaler without a second text, and ends a device", async () => {
  const page = await newPerson();
  await page.goto(demo.url("unionjack"));
  await page.getByText(UNION_JACK).first().waitFor();
  const logo = await page.locator("img.mark").first().evaluate((image) => image.naturalWidth);
  assert.ok(logo > 0, "the wholesaler's logo is drawn");

  await page.getByLabel("Mobile number").fill("020 7946 0000");
  await page.getByRole("button", { name: "Text me a code" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Mobile number").inputValue(), "020 7946 0000", "what was typed is kept");
  await look(page, "door-wrong");

  const code = await askForCode(page, demo, MARGARET);
  await page.getByLabel("Six-digit code").fill(code === "111111" ? "222222" : "111111");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "code-wrong");
  await page.getByLabel("Six-digit code").fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  const account = declared("unionjack", MARGARET.phone);
  await heading(page, account.business_name).waitFor();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Account" }).click();
  await page.getByText(account.account_number).first().waitFor();

  await goToWholesalers(page);
  await heading(page, "My wholesalers").waitFor();
  const texts = (await demo.messages(MARGARET.phone)).length;
  await page.getByRole("button", { name: SPICE_ROUTE }).click();
  await page.waitForURL(demo.url("spiceroute"));
  await heading(page, declared("spiceroute", MARGARET.phone).business_name).waitFor();
  assert.equal((await demo.messages(MARGARET.phone)).length, texts, "no second text");
  await look(page, "home-spiceroute");

  const there = await page.context().newPage();
  await page.goto(demo.url("unionjack", "/devices"));
  await heading(page, "Devices").waitFor();
  assert.equal(await page.getByRole("listitem").filter({ hasText: "Last seen" }).count(), 2, "signed in at two counters");
  await there.goto(demo.url("spiceroute"));
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: `at ${SPICE_ROUTE}` }).click()]);
  assert.ok(!(await page.content()).includes(SPICE_ROUTE), "the other counter is gone from the list");
  await there.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Account" }).click();
  await isAtDoor(there);
  await look(there, "door-after-ending");

  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await isAtDoor(page);
  await page.goto(demo.url("unionjack", "/devices"));
  await isAtDoor(page);
});

test("another trade account of the same wholesaler sees its own, and only its own", async () => {
  const page = await newPerson();
  await signIn(page, demo, "unionjack", HELEN);
  await heading(page, declared("unionjack", HELEN.phone).business_name).waitFor();
  assert.ok(!(await page.content()).includes(declared("unionjack", MARGARET.phone).business_name));
  await goToWholesalers(page);
  await page.getByText("You are here").waitFor();
  assert.ok(!(await page.content()).includes(SPICE_ROUTE), "that wholesaler does not know her");
});

test("an unknown number asks for an account and is let in by the owner", async () => {
  const newcomer = stranger("01");
  const shop = await newPerson();
  await signIn(shop, demo, "unionjack", newcomer);
  await heading(shop, `Ask ${UNION_JACK} for an account`).waitFor();
  await shop.getByLabel("Business name").fill("   ");
  await shop.getByLabel("Your name").fill("Nadia Rahman");
  await shop.getByRole("button", { name: "Ask for an account" }).click();
  await shop.getByRole("alert").waitFor();
  assert.equal(await shop.getByLabel("Your name").inputValue(), "Nadia Rahman", "what was typed is kept");
  await look(shop, "registration-wrong");
  await askForAccount(shop, { business: "Rahman & Daughters", contact: "Nadia Rahman", message: "Corner shop in Leeds <b>since 1998</b>" });

  const office = await newPerson();
  await signInToOffice(office, demo, "unionjack", OWNER);
  const row = office.getByRole("row").filter({ hasText: "Rahman & Daughters" });
  await row.getByText("Corner shop in Leeds <b>since 1998</b>").waitFor();

  // A second pair of eyes has the same request open.
  const colleague = await newPerson(atDesk);
  await signInToOffice(colleague, demo, "unionjack", "manager@unionjack.example");
  await colleague.getByRole("link", { name: "Rahman & Daughters", exact: true }).click();
  await heading(colleague, "Rahman & Daughters").waitFor();

  await row.getByRole("link", { name: "Approve" }).click();
  const texts = (await demo.messages(newcomer.phone)).length;
  await office.getByRole("button", { name: "Approve Rahman & Daughters" }).click();
  await office.getByRole("heading", { level: 2, name: "Approved" }).waitFor();
  await look(office, "office-request-approved");
  assert.match(await demo.nextMessage(newcomer.phone, texts), /account is open/);

  await colleague.getByLabel("Reason").fill("No more room");
  await colleague.getByRole("button", { name: "Reject Rahman & Daughters" }).click();
  await colleague.getByRole("heading", { level: 2, name: "Approved" }).waitFor();
  await colleague.getByRole("alert").getByText("Your rejection was not sent.").waitFor();
  await colleague.getByText("No more room").waitFor();
  await look(colleague, "office-request-too-late");

  await shop.reload();
  await heading(shop, "Rahman & Daughters").waitFor();
  await look(shop, "home-new");
});

test("another one is rejected and reads why", async () => {
  const newcomer = stranger("02");
  const shop = await newPerson();
  await signIn(shop, demo, "unionjack", newcomer);
  await askForAccount(shop, { business: "Bargain Barn", contact: "Lee Marsh", message: "" });

  const office = await newPerson(atDesk);
  await signInToOffice(office, demo, "unionjack", OWNER);
  await office.getByRole("row").filter({ hasText: "Bargain Barn" }).getByRole("link", { name: "Reject" }).click();
  await office.getByLabel("Reason").fill("  ");
  await office.getByRole("button", { name: "Reject Bargain Barn" }).click();
  await office.getByRole("alert").waitFor();
  await look(office, "office-request-wrong");
  const reason = "We do not deliver to your town yet.";
  const texts = (await demo.messages(newcomer.phone)).length;
  await office.getByLabel("Reason").fill(reason);
  await office.getByRole("button", { name: "Reject Bargain Barn" }).click();
  await office.getByRole("heading", { level: 2, name: "Rejected" }).waitFor();
  assert.ok((await demo.nextMessage(newcomer.phone, texts)).includes(reason));
  await office.goto(demo.url("unionjack", "/office?status=decided"));
  await office.getByRole("row").filter({ hasText: "Bargain Barn" }).waitFor();
  await look(office, "office-decided");

  await shop.reload();
  await shop.getByText(reason).waitFor();
  await shop.getByRole("link", { name: "Ask again" }).click();
  await heading(shop, `Ask ${UNION_JACK} for an account`).waitFor();
});

test("a suspended customer is out at the next click, here and not at the other wholesaler", async () => {
  const shop = await newPerson();
  await signIn(shop, demo, "unionjack", MARGARET);
  await goToWholesalers(shop);
  await shop.getByRole("button", { name: SPICE_ROUTE }).click();
  await shop.waitForURL(demo.url("spiceroute"));
  const elsewhere = await shop.context().newPage();
  await elsewhere.goto(demo.url("spiceroute"));
  await shop.goto(demo.url("unionjack"));

  const account = declared("unionjack", MARGARET.phone);
  const office = await newPerson();
  await signInToOffice(office, demo, "unionjack", OWNER);
  await office.getByRole("navigation", { name: "Office" }).getByRole("link", { name: "Customers" }).click();
  await heading(office, "Customers").waitFor();
  await office.getByLabel("Find a customer").fill("no such shop anywhere");
  await office.getByRole("button", { name: "Search" }).click();
  await office.getByText("Nobody found").waitFor();
  await look(office, "office-customers-none");
  await office.getByLabel("Find a customer").fill(account.account_number);
  await office.getByRole("button", { name: "Search" }).click();
  await office.getByRole("row").filter({ hasText: account.contact_name }).getByRole("link", { name: account.business_name }).click();
  await office.getByText("Suspend…").click();
  await look(office, "office-customer");
  await office.getByLabel("Reason").fill("Three invoices are open");
  await office.getByRole("button", { name: `Suspend ${account.contact_name}` }).click();
  await office.getByRole("button", { name: "Restore access" }).waitFor();
  await look(office, "office-customer-suspended");

  await shop.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Account" }).click();
  await isAtDoor(shop);
  await elsewhere.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Account" }).click();
  await elsewhere.getByText("Your trade account").waitFor();

  await signIn(shop, demo, "unionjack", MARGARET);
  await heading(shop, "Your access here is suspended").waitFor();

  await office.getByRole("button", { name: "Restore access" }).click();
  await office.getByText("Suspend…").waitFor();
  await shop.goto(demo.url("unionjack"));
  await heading(shop, account.business_name).waitFor();
});

test("a code that was sent again is the same code", async () => {
  const newcomer = stranger("03");
  const page = await newPerson();
  await page.goto(demo.url("fromagerie"));
  await look(page, "door-fromagerie");
  const code = await askForCode(page, demo, { ...newcomer, typed: newcomer.phone });
  const seen = (await demo.messages(newcomer.phone)).length;
  const again = page.locator("form[action='/codes'] button");
  await again.and(page.locator(":enabled")).click();
  assert.equal(codeIn(await demo.nextMessage(newcomer.phone, seen)), code);
});

test("the pages that are everybody's", async () => {
  const page = await newPerson();
  await page.goto(demo.url());
  await page.getByRole("link", { name: UNION_JACK }).waitFor();
  await page.getByText(HELEN.typed).waitFor();
  await page.getByText("owner@spiceroute.example").waitFor();
  await page.goto(demo.url("", "/inbox"));
  await heading(page, "Demo inbox").waitFor();
  await page.goto(demo.url("", "/inbox?to=nobody"));
  await look(page, "inbox-empty");
  await page.goto(demo.url("unionjack", "/api/docs"));
  await page.getByText("/api/v1/codes").first().waitFor();

  const unknown = await page.goto(demo.url("nobody"));
  assert.equal(unknown.status(), (await demo.get("/office", "www")).status, "unknown and reserved hosts get the same plain answer");
});
