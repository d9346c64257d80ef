// The same forms with scripts switched off.
import { MARGARET, askForAccount, askForCode, declared, houseName, signIn, signInToOffice, stranger } from "./people.js";
import { open, test } from "./stage.js";
import { until } from "./wait.js";

const withoutScripts = { javaScriptEnabled: false };

const { demo, newPerson } = await open("without-javascript");

const heading = (page, name) => page.getByRole("heading", { level: 1, name });

test("signing in, moving on and signing out", async () => {
  const page = await newPerson(withoutScripts);
  await signIn(page, demo, "unionjack", MARGARET);
  await heading(page, declared("unionjack", MARGARET.phone).business_name).waitFor();
  await page.goto(demo.url("unionjack", "/wholesalers"));
  await page.getByRole("button", { name: houseName("spiceroute") }).click();
  await page.waitForURL(demo.url("spiceroute"));
  await heading(page, declared("spiceroute", MARGARET.phone).business_name).waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await heading(page, "Sign in with your phone").waitFor();
});

test("asking for an account, taking it back, asking again, being let in", async () => {
  const newcomer = stranger("11");
  const shop = await newPerson(withoutScripts);
  await signIn(shop, demo, "spiceroute", newcomer);
  await askForAccount(shop, { business: "Plain Foods", contact: "Jo Field", message: "" });
  await shop.getByText("Take the request back…").click();
  await shop.getByRole("button", { name: "Yes, take it back" }).click();
  await heading(shop, "You took your request back").waitFor();
  await shop.getByRole("link", { name: "Ask again" }).click();
  await askForAccount(shop, { business: "Plain Foods", contact: "Jo Field", message: "Second thoughts" });

  const office = await newPerson(withoutScripts);
  await signInToOffice(office, demo, "spiceroute", "owner@spiceroute.example");
  await office.getByRole("link", { name: "Plain Foods", exact: true }).click();
  await office.getByRole("button", { name: "Approve Plain Foods" }).click();
  await office.getByRole("heading", { level: 2, name: "Approved" }).waitFor();

  await shop.reload();
  await heading(shop, "Plain Foods").waitFor();
});

test("a second code on request, without the countdown", async () => {
  const newcomer = stranger("12");
  const page = await newPerson(withoutScripts);
  await page.goto(demo.url("unionjack"));
  await askForCode(page, demo, newcomer);
  const seen = (await demo.messages(newcomer.phone)).length;
  // Nothing tells this person when the counter would send another one, so they try until it does.
  await until("a second text", 20_000, async () => {
    await Promise.all([page.waitForEvent("load"), page.locator("form[action='/codes'] button").click()]);
    return (await demo.messages(newcomer.phone)).length > seen;
  });
  await page.getByLabel("Six-digit code").waitFor();
});
