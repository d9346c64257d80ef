// The same forms with scripts switched off.
import { after, before, test } from "node:test";

import { launch, newPerson } from "./browser.js";
import { MARGARET, askForAccount, askForCode, declared, houseName, signIn, signInToOffice, stranger } from "./people.js";
import { startDemo } from "./server.js";
import { until } from "./wait.js";

const limit = { timeout: 120_000 };
const withoutScripts = { javaScriptEnabled: false };

let demo, browser;
before(async () => {
  demo = await startDemo("without-javascript");
  browser = await launch();
}, limit);
after(async () => {
  await browser?.close();
  await demo?.stop();
}, limit);

const heading = (page, name) => page.getByRole("heading", { level: 1, name });

test("signing in, moving on and signing out", limit, async () => {
  const page = await newPerson(browser, withoutScripts);
  await signIn(page, demo, "unionjack", MARGARET);
  await heading(page, declared("unionjack", MARGARET.phone).business_name).waitFor();
  await page.goto(demo.url("unionjack", "/wholesalers"));
  await page.getByRole("button", { name: houseName("spiceroute") }).click();
  await page.waitForURL(demo.url("spiceroute"));
  await page.getByText(declared("spiceroute", MARGARET.phone).account_number).first().waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await heading(page, "Sign in with your phone").waitFor();
  await page.context().close();
});

test("asking for an account, taking it back, asking again, being let in", limit, async () => {
  const newcomer = stranger("11");
  const shop = await newPerson(browser, withoutScripts);
  await signIn(shop, demo, "spiceroute", newcomer);
  await askForAccount(shop, { business: "Plain Foods", contact: "Jo Field", message: "" });
  await shop.getByText("Take the request back…").click();
  await shop.getByRole("button", { name: "Yes, take it back" }).click();
  await heading(shop, "You took your request back").waitFor();
  await shop.getByRole("link", { name: "Ask again" }).click();
  await askForAccount(shop, { business: "Plain Foods", contact: "Jo Field", message: "Second thoughts" });

  const office = await newPerson(browser, withoutScripts);
  await signInToOffice(office, demo, "spiceroute", "owner@spiceroute.example");
  await office.getByRole("link", { name: "Plain Foods", exact: true }).click();
  await office.getByRole("button", { name: "Approve Plain Foods" }).click();
  await office.getByRole("heading", { level: 2, name: "Approved" }).waitFor();

  await shop.reload();
  await heading(shop, "Plain Foods").waitFor();
  await Promise.all([shop, office].map((page) => page.context().close()));
});

test("a second code on request, without the countdown", limit, async () => {
  const newcomer = stranger("12");
  const page = await newPerson(browser, withoutScripts);
  await page.goto(demo.url("unionjack"));
  await askForCode(page, demo, newcomer);
  const seen = (await demo.messages(newcomer.phone)).length;
  // Nothing tells this person when the counter would send another one, so they try until it does.
  await until("a second text", 20_000, async () => {
    await Promise.all([page.waitForEvent("load"), page.locator("form[action='/codes'] button").click()]);
    return (await demo.messages(newcomer.phone)).length > seen;
  });
  await page.getByLabel("Six-digit code").waitFor();
  await page.context().close();
});
