// A wholesaler makes the counter look like itself, and its customers see it at once.
import assert from "node:assert/strict";

import { atDesk, look } from "./browser.js";
import { signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const OWNER = "owner@unionjack.example";
const GREY = "#777777";

const { demo, newPerson } = await open("settings");

const save = (page) => page.getByRole("button", { name: "Save", exact: true }).click();
const alert = (page) => page.getByRole("alert");
const status = (page, text) => page.getByRole("status").filter({ hasText: text });

async function openSettings() {
  const owner = await newPerson(atDesk);
  await signInToOffice(owner, demo, "unionjack", OWNER);
  await owner.getByRole("navigation", { name: "Office" }).getByRole("link", { name: "Settings" }).click();
  await owner.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  return owner;
}

test("a logo: a drawing is refused in words, a picture is on the counter at once, and it can go", async () => {
  const owner = await openSettings();
  const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>');
  for (const file of [
    { name: "logo.svg", mimeType: "image/svg+xml", buffer: drawing },
    { name: "logo.png", mimeType: "image/png", buffer: drawing },
  ]) {
    await owner.getByLabel("Choose a picture").setInputFiles(file);
    await owner.getByRole("button", { name: "Upload it" }).click();
    await alert(owner).getByText("That is an SVG drawing or a web page, which can hold programs.").waitFor();
  }
  await look(owner, "settings-logo-refused");

  const shop = await newPerson();
  await shop.goto(demo.url("unionjack"));
  const logo = () => shop.locator("img.mark").first().evaluate((image) => `${image.src} ${image.naturalWidth} by ${image.naturalHeight}`);
  const before = await logo();
  const picture = await owner.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } });
  await owner.getByLabel("Choose a picture").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: picture });
  await owner.getByRole("button", { name: "Upload it" }).click();
  await status(owner, "Your counter shows the new logo now.").waitFor();
  await look(owner, "settings-logo");
  await shop.reload();
  assert.match(await logo(), / 300 by 200$/);
  assert.notEqual(await logo(), before, "at another address, or a cache would show the old one");

  await owner.getByRole("button", { name: "Remove the logo" }).click();
  await status(owner, "The logo is gone").waitFor();
  await shop.reload();
  await shop.getByText("UJ", { exact: true }).first().waitFor();
});

test("a colour on which nothing can be read is corrected before one's eyes, and the counter takes it at once", async () => {
  const owner = await openSettings();
  const shop = await newPerson();
  await shop.goto(demo.url("unionjack"));
  const button = () => shop.getByRole("button", { name: "Text me a code" }).evaluate((button) => getComputedStyle(button).backgroundColor);
  const before = await button();

  await owner.getByLabel("First colour", { exact: true }).fill("blue-ish");
  await save(owner);
  await alert(owner).getByText("A colour is written as #rrggbb").waitFor();
  assert.equal(await owner.getByLabel("First colour", { exact: true }).inputValue(), "blue-ish", "what was typed is kept");
  await look(owner, "settings-wrong");
  await owner.getByLabel("First colour", { exact: true }).fill(GREY);
  await save(owner);
  await status(owner, `${GREY} was too light for white text and too dark for black text`).waitFor();
  await owner.getByRole("img", { name: `Wanted: ${GREY}` }).waitFor();
  await look(owner, "settings-corrected");
  const taken = await owner.getByLabel("First colour", { exact: true }).inputValue();
  assert.notEqual(taken, GREY);
  await shop.reload();
  assert.notEqual(await button(), before);
  await look(shop, "door-corrected-colour");

  // Picked and not typed.
  await owner.getByLabel("Choose the first colour").fill("#0b5394");
  await save(owner);
  await status(owner, "Saved. Your counter shows it now.").waitFor();
  assert.equal(await owner.getByLabel("First colour", { exact: true }).inputValue(), "#0b5394");
  await shop.reload();
  assert.equal(await button(), "rgb(11, 83, 148)");
});

test("the opening text, how one is reached, and the time zone; whoever saves over another is told", async () => {
  const owner = await openSettings();
  const manager = await newPerson(atDesk);
  await signInToOffice(manager, demo, "unionjack", "manager@unionjack.example");
  await manager.goto(demo.url("unionjack", "/office/settings"));

  await owner.getByLabel("Opening text").fill("Open Monday to Friday, 6 to 14.\nRing twice <b>please</b>.");
  await owner.getByLabel("Phone").fill("020 7946 0199");
  await owner.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await save(owner);
  await status(owner, "Saved. Your counter shows it now.").waitFor();
  const shop = await newPerson();
  await shop.goto(demo.url("unionjack"));
  await shop.getByText("Open Monday to Friday, 6 to 14.").waitFor();
  await shop.getByText("Ring twice <b>please</b>.").waitFor();
  await shop.getByRole("link", { name: "020 7946 0199" }).waitFor();
  await look(shop, "door-opening-text");
  // What is written on hover is the wholesaler's time.
  await owner.goto(demo.url("unionjack", "/office/team"));
  assert.match(await owner.locator("time").first().getAttribute("title"), /\+09:00$/);

  await manager.getByLabel("Business name").fill("Union Jack & Daughters");
  await save(manager);
  await alert(manager).getByText("Harriet Loxley saved other settings").waitFor();
  await look(manager, "settings-meanwhile");
  await save(manager);
  await status(manager, "Saved.").waitFor();
  await shop.goto(demo.url("unionjack"));
  await shop.getByText("Union Jack & Daughters").first().waitFor();
});
