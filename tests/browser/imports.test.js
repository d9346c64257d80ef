// A manager brings a list in without a script, looks at every row, applies all of it, takes it back; and the file that is taken along is the same.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { PHONE, atDesk, look } from "./browser.js";
import { signInToOffice } from "./people.js";
import { open, test } from "./stage.js";

const { demo, newPerson } = await open("imports");
const at = (path) => demo.url("unionjack", path);
const heading = (page, name, level = 1) => page.getByRole("heading", { level, name });

async function manager(options) {
  const page = await newPerson(options);
  await signInToOffice(page, demo, "unionjack", "manager@unionjack.example");
  return page;
}

async function bringIn(page, kind, name, text) {
  await page.goto(at("/office/imports"));
  await page.getByLabel(kind, { exact: true }).check();
  await page.getByLabel("The file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: "Check the file" }).click();
}

/** Whoever waits presses «Look again», or is shown by the page itself. */
async function until(page, name) {
  await page.getByRole("heading", { level: 2, name, exact: true }).waitFor({ timeout: 30_000 });
}

for (const [where, options] of [["phone", { viewport: PHONE }], ["desk", atDesk]]) {
  test(`a list is brought in and taken back, without a script, at the ${where}`, async () => {
    const page = await manager({ ...options, javaScriptEnabled: false });
    await bringIn(page, "Products", "list.csv", `Artikelnr;Bezeichnung;Preis;Farbe\nNEU-${where};Räucherstäbchen;3,50;rot\n10002;Inflatable political globe;0,95;blau\n10124;Army camo bookcover tape;0,42;grün\n`);
    await heading(page, "What the columns are").waitFor();
    assert.equal(await page.getByLabel("Preis").inputValue(), "price");
    await page.getByRole("button", { name: "Show what it would do" }).click();
    await until(page, "Ready to be applied");
    const rows = page.getByRole("row");
    await rows.filter({ hasText: "Räucherstäbchen" }).getByText("New", { exact: true }).waitFor();
    await rows.filter({ hasText: "10002" }).getByText("0.95").waitFor();
    await page.getByRole("link", { name: /^Unchanged/ }).click();
    assert.equal(await rows.filter({ hasText: "10124" }).count(), 1);
    await page.getByRole("button", { name: "Apply all of it" }).click();
    await until(page, "Applied");
    await page.goto(at(`/office/products?query=NEU-${where}`));
    await page.getByText("Räucherstäbchen").waitFor();
    await page.goto(at("/office/imports"));
    await page.getByRole("link", { name: "list.csv" }).first().click();
    await page.getByRole("button", { name: "Undo all of it" }).click();
    await page.getByText("Undone", { exact: true }).first().waitFor({ timeout: 30_000 });
    await page.goto(at(`/office/products?query=NEU-${where}`));
    await heading(page, "Nothing found", 2).waitFor();
  });
}

test("each page on the way, at both widths", async () => {
  const page = await manager(atDesk);
  await page.goto(at("/office/imports"));
  await look(page, "imports");
  await page.getByLabel("The file").setInputFiles({ name: "list.xlsx", mimeType: "text/csv", buffer: Buffer.from("PK\u0003\u0004[Content_Types].xml xl/") });
  await page.getByRole("button", { name: "Check the file" }).click();
  await page.getByRole("alert").getByText("This is a workbook.").waitFor();
  await look(page, "imports-refused");
  await bringIn(page, "Products", "spring.csv", 'SKU,Name,Price,VAT,Notes\nNEW-1,Mug,3.00,20%,\n10002,Inflatable political globe,0.95,20%,\n10124,Army camo bookcover tape,0.42,20%,\n10125,Mini funky design tapes,free,20%,"A long text about what it is, with many words in it"\n');
  await heading(page, "What the columns are").waitFor();
  await look(page, "imports-columns");
  await page.getByLabel("Notes").selectOption("sku");
  await page.getByRole("button", { name: "Show what it would do" }).click();
  await page.getByRole("alert").getByText("Another column is SKU already.").waitFor();
  await look(page, "imports-columns-wrong");
  await page.getByLabel("Notes").selectOption("description");
  await page.getByRole("button", { name: "Show what it would do" }).click();
  await until(page, "Some rows are wrong");
  await look(page, "imports-wrong");
  await bringIn(page, "Prices", "gold.csv", "Price list,SKU,From,Price\nGarden centres,10002,24,0.70\nGarden centres,10124,24,0.35\n");
  await page.getByRole("button", { name: "Show what it would do" }).click();
  await until(page, "Ready to be applied");
  await look(page, "imports-ready");
  await page.getByRole("button", { name: "Apply all of it" }).click();
  await until(page, "Applied");
  await look(page, "imports-applied");
  await page.goto(at("/office/imports"));
  await look(page, "imports-list");
});

test("what is taken along is unchanged when it is brought in", async () => {
  const page = await manager(atDesk);
  for (const [kind, name] of [["Products", "Products with costs"], ["Prices", "Prices of all lists"], ["Customers", "Customers accounts"]]) {
    await page.goto(at("/office/imports"));
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
    const text = readFileSync(await download.path(), "utf8");
    await bringIn(page, kind, download.suggestedFilename(), text);
    await page.getByRole("button", { name: "Show what it would do" }).click();
    await until(page, "Nothing to apply");
  }
});
