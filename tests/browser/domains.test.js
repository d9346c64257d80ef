// A wholesaler's owner adds a domain, reads what to set, and looks; at the phone and at the desk.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const OWNER = "owner@unionjack.example";
// Nobody answers there: no test asks a real name server.
const NOBODY = { TRADECOUNTER__DOMAINS__RESOLVERS: "127.0.0.1:9", TRADECOUNTER__DOMAINS__TIMEOUT_SECONDS: "1" };

const { demo, newPerson } = await open("domains", undefined, NOBODY);

test("an owner adds a domain and reads what to set", async () => {
  const owner = await newPerson(atDesk);
  await signInToOffice(owner, demo, "unionjack", OWNER);
  await owner.goto(demo.url("unionjack", "/office/settings"));
  await owner.getByRole("link", { name: "Your own domains" }).click();
  await owner.getByRole("heading", { level: 2, name: "No domain yet" }).waitFor();
  await look(owner, "domains-none");
  await owner.getByLabel("Domain", { exact: true }).fill("https://shop.unionjack.example/");
  await owner.getByRole("button", { name: "Add the domain" }).click();
  await owner.getByRole("alert").waitFor();
  await look(owner, "domains-wrong");
  await owner.getByLabel("Domain", { exact: true }).fill("shop.unionjack.example");
  await owner.getByRole("button", { name: "Add the domain" }).click();
  await owner.getByRole("heading", { level: 2, name: "shop.unionjack.example" }).waitFor();
  const name = owner.getByText("_tradecounter-challenge.shop.unionjack.example");
  await name.click();
  assert.equal(await owner.evaluate(() => getSelection().toString()), "_tradecounter-challenge.shop.unionjack.example", "one tap takes all of it");
  await owner.getByRole("button", { name: "Check now" }).click();
  await owner.getByText("No name server answered in time").waitFor();
  await look(owner, "domains-waiting");
  await owner.getByText("Remove…").click();
  await look(owner, "domains-removal");
  await owner.getByRole("button", { name: "Remove shop.unionjack.example" }).click();
  await owner.getByRole("heading", { level: 2, name: "No domain yet" }).waitFor();
  await owner.context().close();
});
