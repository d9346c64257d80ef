// A stranger opens a counter of their own: typed, coded, and in its office within seconds.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { codeIn } from "./people.js";
import { open, test } from "./stage.js";
import { until } from "./wait.js";

const { demo, newPerson } = await open("signup");

async function fill(page, { subdomain, email }) {
  await page.getByLabel("Your address").fill(subdomain);
  await page.getByLabel("Your name").fill("Nora Lind");
  await page.getByLabel("Your work e-mail").fill(email);
  await page.getByRole("button", { name: "E-mail me a code" }).click();
}

test("from a business name to the office of a working counter", async () => {
  const page = await newPerson();
  await page.goto(demo.url(""));
  await page.getByLabel("What is your business called?").fill("Nordic Larder Ltd");
  await page.getByRole("button", { name: "Open your counter" }).click();
  const address = page.getByLabel("Your address");
  assert.equal(await address.inputValue(), "nordiclarder");
  for (const [typed, said] of [
    ["unionjack", "That address is taken"],
    ["admin", "That address is reserved"],
    ["a b", "small letters"],
    ["nordic", "nordic is free"],
  ]) {
    await address.fill(typed);
    await page.getByRole("status").filter({ hasText: said }).waitFor();
  }
  await fill(page, { subdomain: "unionjack", email: "nora@nordic.example" });
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Your name").inputValue(), "Nora Lind");
  await look(page, "signup-taken");
  await fill(page, { subdomain: "nordic", email: "nora@nordic.example" });
  await page.getByLabel("Six-digit code").waitFor();
  await page.getByLabel("Six-digit code").fill(codeIn(await demo.nextMessage("nora@nordic.example", 0)));
  const begun = Date.now();
  await page.getByRole("button", { name: "Open my counter" }).click();
  await page.getByRole("heading", { level: 1, name: "Nordic Larder Ltd is open" }).waitFor();
  const took = Date.now() - begun;
  assert.ok(took < 5_000, `it took ${took} ms`);
  assert.equal(page.url(), demo.url("nordic", "/office/getting-started"));
  await look(page, "getting-started");
  await page.getByRole("link", { name: "See the requests (3)" }).click();
  await page.getByRole("heading", { level: 1, name: "Requests" }).waitFor();
  await page.getByText("Bridge Road Bakery (sample)").first().waitFor();
  await page.goto(demo.url("nordic", "/office/getting-started"));
  await page.getByRole("button", { name: "Take the samples away" }).click();
  await until("the samples to be gone", 10_000, async () => !(await page.content().catch(() => "Take the samples away")).includes("Take the samples away"));
  await page.goto(demo.url("nordic", "/office"));
  await page.getByRole("heading", { name: "Nobody is waiting" }).waitFor();
});

test("whoever comes too late for a name keeps what was typed", async () => {
  const people = [];
  for (const email of ["one@race.example", "two@race.example"]) {
    // Only the first does without scripts: axe, which looks at the second one's page, is one.
    const page = await newPerson({ ...atDesk, javaScriptEnabled: people.length > 0 });
    await page.goto(demo.url("", "/signups/new?business_name=Race+Foods"));
    await fill(page, { subdomain: "race", email });
    await page.getByLabel("Six-digit code").fill(codeIn(await demo.nextMessage(email, 0)));
    people.push(page);
  }
  const [winner, loser] = people;
  await winner.getByRole("button", { name: "Open my counter" }).click();
  await winner.getByRole("heading", { level: 1, name: "Race Foods is open" }).waitFor();
  await loser.getByRole("button", { name: "Open my counter" }).click();
  await loser.getByRole("heading", { level: 1, name: "Choose another address" }).waitFor();
  await look(loser, "signup-too-late");
  await loser.getByLabel("Your address").fill("race-two");
  await loser.getByRole("button", { name: "Open my counter" }).click();
  await loser.getByRole("heading", { level: 1, name: "Race Foods is open" }).waitFor();
  assert.equal(loser.url(), demo.url("race-two", "/office/getting-started"));
});
