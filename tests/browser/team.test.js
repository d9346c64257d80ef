// An owner lets a colleague into the office, makes them something else, and lets them go.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { codeIn, signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const OWNER = "owner@unionjack.example";
const INVITED = "nadia@unionjack.example";

const { demo, newPerson } = await open("team");

const heading = (page, name) => page.getByRole("heading", { level: 1, name });
const menu = (page) => page.getByRole("navigation", { name: "Office" });

async function invite(page, { name, email, role }) {
  await page.getByRole("link", { name: "Invite somebody" }).click();
  await page.getByLabel("Their name").fill(name);
  await page.getByLabel("Their e-mail").fill(email);
  // At the far end of its row, where a thumb is.
  const row = page.locator(".choice").filter({ has: page.getByRole("radio", { name: role }) });
  const { width } = await row.boundingBox();
  await row.click({ position: { x: width - 8, y: 8 } });
  await page.getByRole("button", { name: "Send the invitation" }).click();
}

test("somebody is invited, joins with a code, becomes something else, and is let go", async () => {
  const owner = await newPerson();
  await signInToOffice(owner, demo, "unionjack", OWNER);
  await menu(owner).getByRole("link", { name: "Team" }).click();
  await heading(owner, "Team").waitFor();
  await invite(owner, { name: "Nadia Rahman", email: "nadia@unionjack", role: "Sales" });
  await owner.getByRole("alert").waitFor();
  assert.equal(await owner.getByLabel("Their name").inputValue(), "Nadia Rahman", "what was typed is kept");
  await look(owner, "team-invitation-wrong");
  await owner.getByLabel("Their e-mail").fill(INVITED);
  await owner.getByRole("button", { name: "Send the invitation" }).click();
  const waiting = owner.getByRole("listitem").filter({ hasText: INVITED });
  await waiting.getByText("As a salesperson, by Harriet Loxley").waitFor();
  await look(owner, "team-invited");

  // They have no scripts, and read their letter in the demo's inbox.
  const nadia = await newPerson({ javaScriptEnabled: false });
  await demo.nextMessage(INVITED, 0);
  await nadia.goto(demo.url("", "/inbox"));
  await nadia.getByLabel("Only messages to").fill(INVITED);
  await nadia.getByRole("button", { name: "Show" }).click();
  await nadia.getByRole("link", { name: "/office/invitations/" }).click();
  await heading(nadia, "Harriet Loxley invites you to join Union Jack Gifts").waitFor();
  await nadia.getByLabel("Your e-mail").fill(INVITED);
  const letters = (await demo.messages(INVITED)).length;
  await nadia.getByRole("button", { name: "E-mail me a code" }).click();
  await nadia.getByLabel("Six-digit code").fill(codeIn(await demo.nextMessage(INVITED, letters)));
  await nadia.getByRole("button", { name: "Sign in", exact: true }).click();
  await heading(nadia, "Requests").waitFor();
  assert.equal(await menu(nadia).getByRole("link", { name: "Settings" }).count(), 0, "a salesperson sets nothing");

  await owner.reload();
  await owner.getByText("Nobody. An invitation is good for a week.").waitFor();
  await owner.getByRole("link", { name: "Nadia Rahman", exact: true }).click();
  await heading(owner, "Nadia Rahman").waitFor();
  await owner.getByRole("radio", { name: "Manager" }).check();
  await owner.getByRole("button", { name: "Change the role" }).click();
  await owner.getByText("Made Nadia Rahman a manager").waitFor();
  await look(owner, "team-role-changed");
  await menu(nadia).getByRole("link", { name: "Requests" }).click();
  await menu(nadia).getByRole("link", { name: "Settings" }).click();
  await heading(nadia, "Settings").waitFor();

  await menu(owner).getByRole("link", { name: "Team" }).click();
  await owner.getByRole("link", { name: "Nadia Rahman", exact: true }).click();
  await owner.getByText("Remove…").click();
  await look(owner, "team-about-to-be-removed");
  await owner.getByRole("button", { name: "Remove Nadia Rahman" }).click();
  await heading(owner, "Team").waitFor();
  assert.equal(await owner.getByRole("link", { name: "Nadia Rahman" }).count(), 0);
  await menu(nadia).getByRole("link", { name: "Customers" }).click();
  await heading(nadia, "Sign in to the office").waitFor();

  // The letter opens nothing any more.
  await nadia.goto(demo.url("", `/inbox?to=${INVITED}`));
  await nadia.getByRole("link", { name: "/office/invitations/" }).click();
  await nadia.getByText("You have joined already").waitFor();
});

test("an invitation is taken back, and its letter says so", async () => {
  const owner = await newPerson(atDesk);
  await signInToOffice(owner, demo, "unionjack", OWNER);
  await owner.goto(demo.url("unionjack", "/office/team"));
  await invite(owner, { name: "Lee Marsh", email: "lee@unionjack.example", role: "Picker" });
  const letter = await demo.nextMessage("lee@unionjack.example", 0);
  await owner.getByRole("button", { name: "Withdraw the invitation of Lee Marsh" }).click();
  await owner.getByText("Nobody. An invitation is good for a week.").waitFor();
  const lee = await newPerson();
  await lee.goto(letter.match(/http\S+\/office\/invitations\/\S+/)[0]);
  await heading(lee, "This invitation was withdrawn").waitFor();
  await look(lee, "invitation-withdrawn");
});

test("the last owner cannot go, and cannot become less", async () => {
  const owner = await newPerson();
  await signInToOffice(owner, demo, "spiceroute", "owner@spiceroute.example");
  await owner.goto(demo.url("spiceroute", "/office/team"));
  await owner.getByRole("link", { name: "Jayesh Thakrar", exact: true }).click();
  await owner.getByText("Leave…").click();
  await owner.getByLabel(/^I leave/).check();
  await owner.getByRole("button", { name: /Leave Spice Route/ }).click();
  await owner.getByRole("alert").getByText("The last owner cannot be removed").waitFor();
  await look(owner, "team-last-owner");
  await owner.getByRole("radio", { name: "Picker" }).check();
  await owner.getByRole("button", { name: "Change the role" }).click();
  await owner.getByRole("alert").getByText(/last owner/i).waitFor();
  await owner.goto(demo.url("spiceroute", "/office/settings"));
  await heading(owner, "Settings").waitFor();
});
