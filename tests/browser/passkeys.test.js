// Passkeys in a real Chromium, with a device that the test holds: made after the first code, then signed in with.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { holdDevice, signInByMail, signInToConsole, signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const OWNER = "owner@unionjack.example";
const { demo, newPerson } = await open("passkeys");

const heading = (page, name) => page.getByRole("heading", { level: 1, name });
const makeOne = (page) => page.getByRole("button", { name: "Make a passkey" });
const signInWithOne = (page) => page.getByRole("button", { name: "Sign in with a passkey" });

test("a member of staff makes a passkey after the first code, and signs in with it without a name", async () => {
  const owner = await newPerson();
  const device = await holdDevice(owner);
  await signInToOffice(owner, demo, "unionjack", OWNER);
  await owner.getByRole("navigation", { name: "Office" }).getByRole("link", { name: "Your passkeys" }).click();
  await owner.getByText("You have none yet").waitFor();
  await look(owner, "passkeys-none");
  assert.match(await owner.getByLabel("What you call it").inputValue(), /^Chrome on/);
  await owner.getByLabel("What you call it").fill("Harriet’s phone");
  await makeOne(owner).click();
  await owner.getByRole("listitem").filter({ hasText: "Harriet’s phone" }).getByText("never used").waitFor();
  assert.equal((await device.keys()).length, 1);
  await look(owner, "passkeys-one");
  await makeOne(owner).click();
  await owner.getByText("This device has a passkey for here already.").waitFor();

  await owner.getByRole("button", { name: "Sign out" }).first().click();
  await heading(owner, "Sign in to the office").waitFor();
  await look(owner, "passkeys-door");
  await signInWithOne(owner).click();
  await owner.waitForURL(demo.url("unionjack", "/office"));
  const sent = (await demo.messages(OWNER)).length;

  await owner.goto(demo.url("unionjack", "/office/passkeys"));
  const line = owner.getByRole("listitem").filter({ hasText: "Harriet’s phone" });
  await line.getByText(/used just now|minute ago/).waitFor();
  await line.getByText("Change…").click();
  await owner.getByLabel("Another name").fill("Old phone");
  await owner.getByRole("button", { name: /Give it this name/ }).click();
  await owner.getByText("Old phone").first().waitFor();

  // Another wholesaler's office on the next subdomain cannot ask for it, and it opens nothing once it is removed.
  await owner.goto(demo.url("spiceroute", "/office/sign-in"));
  await signInWithOne(owner).click();
  await owner.getByText("there is none for this address").waitFor();
  await owner.goto(demo.url("unionjack", "/office/passkeys"));
  await owner.getByText("Change…").click();
  await look(owner, "passkeys-change");
  await owner.getByRole("button", { name: "Remove Old phone" }).click();
  await owner.getByText("You have none yet").waitFor();
  await owner.getByRole("button", { name: "Sign out" }).first().click();
  await signInWithOne(owner).click();
  await owner.getByRole("alert").getByText("That passkey is not known here").waitFor();
  await look(owner, "passkeys-unknown");
  assert.equal((await demo.messages(OWNER)).length, sent, "not one code was asked for");
});

test("a device that does not know its owner is not enough", async () => {
  const owner = await newPerson();
  const device = await holdDevice(owner);
  await signInToOffice(owner, demo, "unionjack", OWNER);
  await owner.goto(demo.url("unionjack", "/office/passkeys"));
  await makeOne(owner).click();
  await owner.getByRole("listitem").getByText("never used").waitFor();
  await owner.getByRole("button", { name: "Sign out" }).first().click();
  await device.isHeldBy(false);
  await signInWithOne(owner).click();
  await owner.getByText(/No passkey was used/).waitFor();
  await device.isHeldBy(true);
  await signInWithOne(owner).click();
  await owner.waitForURL(demo.url("unionjack", "/office"));
});

test("an operator can do nothing before there is a passkey, and then comes in by it alone", async () => {
  const email = "paula@platform.example";
  await demo.command("operator", "invite", email, "--name", "Paula Platt");
  const paula = await newPerson(atDesk);
  await holdDevice(paula);
  await paula.goto(demo.url("admin", "/tokens"));
  await signInByMail(paula, demo, email);
  await heading(paula, "Make your passkey").waitFor();
  await look(paula, "passkeys-enrol");
  await paula.goto(demo.url("admin", "/tenants/new"));
  await heading(paula, "Make your passkey").waitFor();
  await makeOne(paula).click();
  await heading(paula, "Wholesalers").waitFor();
  await paula.getByRole("button", { name: "Sign out" }).last().click();

  // The same address again, by a code: it is not enough any more.
  await paula.goto(demo.url("admin", "/sign-in"));
  await signInByMail(paula, demo, email);
  await heading(paula, "Show that it is you").waitFor();
  assert.equal(await paula.getByRole("button", { name: "E-mail me a code" }).count(), 0);
  await look(paula, "passkeys-asked");
  await signInWithOne(paula).click();
  await heading(paula, "Wholesalers").waitFor();
  await paula.goto(demo.url("admin", "/passkeys"));
  await paula.getByText("Change…").click();
  await paula.getByRole("button", { name: /^Remove/ }).click();
  await paula.getByRole("alert").getByText("This is your only passkey").waitFor();
  await look(paula, "passkeys-last");
});

test("whoever has lost theirs begins anew when the command line has forgotten them", async () => {
  const first = await newPerson(atDesk);
  await signInToConsole(first, demo);
  const second = await newPerson(atDesk);
  await signInToConsole(second, demo);
  await first.reload();
  await heading(first, "Sign in to the console").waitFor();
});
