// A wholesaler writes its own messages and sees what they cost; a customer chooses the language.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { MARGARET, signIn, signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const OWNER = "owner@unionjack.example";

const { demo, newPerson } = await open("messages");

test("a message in one's own words: previewed with what an accent costs, saved, and taken back", async () => {
  const owner = await newPerson(atDesk);
  await signInToOffice(owner, demo, "unionjack", OWNER);
  await owner.goto(demo.url("unionjack", "/office/settings"));
  await owner.getByRole("link", { name: "Messages: what customers are told" }).click();
  await owner.getByRole("heading", { level: 1, name: "Messages" }).waitFor();
  await look(owner, "messages");

  await owner.getByRole("link", { name: "French" }).click();
  await owner.getByRole("link", { name: "Order ready" }).click();
  await owner.getByRole("heading", { level: 1, name: "Order ready" }).waitFor();
  await look(owner, "messages-edit");
  const text = owner.getByLabel("Text", { exact: true }).first();
  const ours = await text.inputValue();
  await text.fill("{business_name} : votre commande {number} est prête, {total} HT. Merci et à bientôt !");
  await owner.getByRole("button", { name: "Preview" }).click();
  await owner.getByText("“ê” and “ô” are not in the alphabet of text messages: with them this costs 2 texts").waitFor();
  assert.match(await text.inputValue(), /prête/, "what was typed is kept");
  await look(owner, "messages-edit-preview");

  await text.fill("Commande {nmber}");
  await owner.getByRole("button", { name: "Save" }).click();
  await owner.getByRole("alert").getByText("There is no {nmber}; did you mean {number}?").waitFor();
  await look(owner, "messages-edit-wrong");

  await text.fill("Commande {number} : venez la chercher.");
  await owner.getByRole("button", { name: "Save" }).click();
  await owner.getByRole("status").getByText("Saved. It goes out like this now.").waitFor();
  await look(owner, "messages-edit-own");
  await owner.getByRole("button", { name: "Use ours again" }).click();
  await owner.getByRole("status").getByText("It goes out in our words again.").waitFor();
  assert.equal(await text.inputValue(), ours);
});

test("a customer chooses French, and the next code is French", async () => {
  const margaret = await newPerson();
  await signIn(margaret, demo, "unionjack", MARGARET);
  await margaret.goto(demo.url("unionjack", "/account"));
  await margaret.getByRole("link", { name: "Language of messages" }).click();
  await margaret.getByLabel("Français").check();
  await margaret.getByRole("button", { name: "Save" }).click();
  await margaret.getByRole("status").getByText("All your wholesalers write to you like this now.").waitFor();
  await look(margaret, "language");
  const seen = (await demo.messages(MARGARET.phone)).length;
  const elsewhere = await newPerson();
  await elsewhere.goto(demo.url("spiceroute"));
  await elsewhere.getByLabel("Mobile number").fill(MARGARET.typed);
  await elsewhere.getByRole("button", { name: "Text me a code" }).click();
  await elsewhere.getByLabel("Six-digit code").waitFor();
  assert.match(await demo.nextMessage(MARGARET.phone, seen), /votre code est \d{6}\. Valable/);
});
