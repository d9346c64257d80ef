// The platform's people: they find a wholesaler, make one, give programs tokens; and what programs do shows at once.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { MARGARET, askForCode, signIn, signInByMail, signInToConsole, signInToOffice, stranger } from "./people.js";
import { keepToken } from "./secrecy.js";
import { open, test } from "./stage.js";
import { until } from "./wait.js";

const { demo, newPerson } = await open("console");

const heading = (page, name) => page.getByRole("heading", { level: 1, name });
const menu = (page) => page.getByRole("navigation", { name: "Console" });

/** By the API, as a program with this token. */
async function program(token, method, path, body) {
  const answer = await demo.ask(method, `/api/v1${path}`, "admin", { token, body });
  return { status: answer.status, value: answer.text ? JSON.parse(answer.text) : null };
}

async function find(token, subdomain) {
  const { value } = await program(token, "GET", `/tenants?query=${subdomain}`);
  return value.items.find((tenant) => tenant.subdomain === subdomain);
}

/** Makes a token on the page, and reads it while it is shown. */
async function makeToken(page, name, scope) {
  await menu(page).getByRole("link", { name: "Tokens" }).click();
  await page.getByLabel("What it is for").fill(name);
  await page.getByRole("radio", { name: scope }).check();
  await page.getByRole("button", { name: "Make the token" }).click();
  const shown = page.getByRole("status").filter({ hasText: "Your new token" });
  const token = await shown.locator("code").innerText();
  keepToken(token);
  return token;
}

test("whoever was not invited gets no code, and the door says nothing about it", async () => {
  const page = await newPerson();
  await page.goto(demo.url("admin"));
  await heading(page, "Sign in to the console").waitFor();
  await page.getByLabel("Your e-mail").fill("nobody@platform.example");
  await page.getByRole("button", { name: "E-mail me a code" }).click();
  await page.getByLabel("Six-digit code").fill("123456");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "console-code-wrong");
  assert.deepEqual(await demo.messages("nobody@platform.example"), []);
});

test("an operator finds a wholesaler, and makes one by hand whose owner comes in at once", async () => {
  const page = await newPerson();
  await signInToConsole(page, demo);
  await page.getByLabel("Find a wholesaler").fill("spice");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("1 of 3 wholesalers").waitFor();
  await page.getByRole("link", { name: "Spice Route Cash & Carry" }).click();
  await heading(page, "Spice Route Cash & Carry").waitFor();
  await page.getByText("Europe/London").waitFor();
  await menu(page).getByRole("link", { name: "Wholesalers" }).click();
  await page.getByLabel("Find a wholesaler").fill("no such house");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No wholesaler found").waitFor();
  await look(page, "console-none");

  await menu(page).getByRole("link", { name: "Make a counter" }).click();
  await page.getByLabel("Business name").fill("Harbour Fish Co");
  for (const [typed, said] of [["admin", "That address is reserved"], ["a b", "small letters"], ["harbour", "harbour is free"], ["unionjack", "That address is taken"]]) {
    await page.getByLabel("Subdomain").fill(typed);
    await page.getByRole("status").filter({ hasText: said }).waitFor();
  }
  await page.getByLabel("Owner’s e-mail").fill("owner@harbour.example");
  await page.getByLabel("Owner’s name").fill("Finn Harbour");
  await page.getByRole("button", { name: "Make the counter" }).click();
  await page.getByRole("alert").getByText("taken").waitFor();
  assert.equal(await page.getByLabel("Owner’s name").inputValue(), "Finn Harbour", "what was typed is kept");
  await look(page, "console-new-wrong");
  await page.getByLabel("Subdomain").fill("harbour");
  await page.getByRole("button", { name: "Make the counter" }).click();
  await heading(page, "Harbour Fish Co").waitFor();
  await look(page, "console-made");

  const owner = await newPerson(atDesk);
  await signInToOffice(owner, demo, "harbour", "owner@harbour.example");
  await owner.getByRole("heading", { name: "Nobody is waiting" }).waitFor();
  const shop = await newPerson();
  await shop.goto(demo.url("harbour"));
  await askForCode(shop, demo, stranger("61"));
});

test("a token is shown once, does what it may, and nothing once it is revoked", async () => {
  const page = await newPerson();
  await signInToConsole(page, demo);
  const reading = await makeToken(page, "Monthly figures", "Read only");
  await look(page, "console-token-made");
  const tenant = await find(reading, "unionjack");
  assert.equal((await program(reading, "POST", `/tenants/${tenant.id}/suspension`, { reason: "No" })).status, 403, "it may only read");
  await menu(page).getByRole("link", { name: "Tokens" }).click();
  assert.ok(!(await page.content()).includes(reading), "it is not shown again");
  await look(page, "console-tokens-some");
  await page.getByRole("button", { name: "Revoke Monthly figures" }).click();
  await page.getByText("Revoked", { exact: true }).waitFor();
  assert.equal((await program(reading, "GET", "/tenants")).status, 401);
});

test("a counter is shut by a program: its open pages follow within about a second, and come back", async () => {
  const token = await demo.command("operator", "token", "Billing");
  keepToken(token);
  const shop = await newPerson();
  await signIn(shop, demo, "unionjack", MARGARET);
  const owner = await newPerson(atDesk);
  await signInToOffice(owner, demo, "unionjack", "owner@unionjack.example");
  const { id } = await find(token, "unionjack");

  const shut = await program(token, "POST", `/tenants/${id}/suspension`, { reason: "Three invoices are open" });
  assert.deepEqual([shut.status, shut.value.status], [200, "suspended"]);
  await becomes(shop, /is closed at the moment/);
  await look(shop, "closed");
  await owner.reload();
  await owner.getByText("Three invoices are open").waitFor();
  await look(owner, "office-requests-closed");

  assert.equal((await program(token, "DELETE", `/tenants/${id}/suspension`)).status, 204);
  await becomes(shop, /Thistledown Tea Rooms/);
});

test("a counter gets another name: the old one leads there, and whoever was signed in signs in anew", async () => {
  const token = await demo.command("operator", "token", "Renaming");
  keepToken(token);
  const shop = await newPerson();
  await signIn(shop, demo, "spiceroute", MARGARET);
  const { id } = await find(token, "spiceroute");
  const renamed = await program(token, "POST", `/tenants/${id}/rename`, { subdomain: "spices" });
  assert.deepEqual([renamed.status, renamed.value.subdomain], [200, "spices"]);
  await until("the old name to lead to the new one", 5_000, async () => {
    await shop.goto(demo.url("spiceroute", "/devices"));
    return shop.url().startsWith(demo.url("spices"));
  });
  await heading(shop, "Sign in with your phone").waitFor();
  await signIn(shop, demo, "spices", MARGARET);
  await shop.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Account" }).waitFor();

  const office = await newPerson(atDesk);
  await office.goto(demo.url("spiceroute", "/office"));
  await office.waitForURL(demo.url("spices", "/office/sign-in"));
  await signInByMail(office, demo, "owner@spiceroute.example");
  await heading(office, "Requests").waitFor();
});

/** The same page, loaded again and again until it says so: within about a second, or five where a machine is busy. */
async function becomes(page, words) {
  await until(`the page to say ${words}`, 5_000, async () => {
    await page.reload();
    return words.test(await page.locator("h1").first().innerText());
  });
}
