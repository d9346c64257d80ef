// Somebody looks after what is held about them: takes it along, changes the number, and has everything erased.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { look } from "./browser.js";
import { MARGARET, codeIn, declared, signIn, stranger } from "./people.js";
import { open, test } from "./stage.js";

const NEW = stranger("71");

const { demo, newPerson } = await open("my-data");

test("a person takes their data along, changes the number and has everything erased", async () => {
  const page = await newPerson();
  const account = declared("unionjack", MARGARET.phone);
  await signIn(page, demo, "unionjack", MARGARET);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Account" }).click();
  await page.getByRole("link", { name: "My data" }).first().click();
  await page.getByRole("heading", { level: 1, name: "My data" }).waitFor();
  await look(page, "my-data");
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download my data" }).click();
  const file = readFileSync(await (await downloading).path(), "utf8");
  const data = JSON.parse(file);
  assert.equal(data.phone, MARGARET.phone);
  assert.deepEqual(data.wholesalers.map((place) => new URL(place.url).hostname.split(".")[0]).sort(), ["spiceroute", "unionjack"]);
  assert.ok(file.includes(account.account_number), "the account");

  await page.getByRole("link", { name: "Change my number…" }).click();
  await page.getByLabel("New mobile number").fill(NEW.typed);
  const seen = { old: (await demo.messages(MARGARET.phone)).length, new: (await demo.messages(NEW.phone)).length };
  await page.getByRole("button", { name: "Text both numbers a code" }).click();
  await page.getByRole("heading", { level: 1, name: "Type the two codes" }).waitFor();
  await look(page, "number-change-codes");
  await page.getByLabel("Code sent to 07400 123456").fill(codeIn(await demo.nextMessage(MARGARET.phone, seen.old)));
  await page.getByLabel(`Code sent to ${NEW.typed}`).fill(codeIn(await demo.nextMessage(NEW.phone, seen.new)));
  await page.getByRole("button", { name: "Change my number" }).click();
  await page.getByText("Your number is changed, at all your wholesalers.").waitFor();
  await page.goto(demo.url("unionjack", "/wholesalers"));
  assert.equal(await page.getByRole("listitem").filter({ hasText: /Spice/ }).count(), 1, "both wholesalers let the new number in");

  await page.goto(demo.url("unionjack", "/my-data"));
  await page.getByText("Erase everything about me…").click();
  const texts = (await demo.messages(NEW.phone)).length;
  await page.getByRole("button", { name: "Text me the code" }).click();
  await page.getByLabel("Six-digit code").fill(codeIn(await demo.nextMessage(NEW.phone, texts)));
  await look(page, "erasure-code");
  await page.getByRole("button", { name: "Erase everything about me" }).click();
  await page.getByText("Everything about your number is erased").waitFor();
  await page.goto(demo.url("unionjack", "/my-data"));
  await page.getByRole("heading", { level: 1, name: "Sign in with your phone" }).waitFor();
});
