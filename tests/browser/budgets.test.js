// Codes that nobody enters have run out: a browser with scripts computes for one by itself, one without is told what to do.
import assert from "node:assert/strict";

import { look } from "./browser.js";
import { MARGARET, codeIn, signIn, stranger } from "./people.js";
import { open, test } from "./stage.js";

// Two for strangers at each counter; and so much work that there is time to look at the page.
const { demo, newPerson } = await open("budgets", undefined, {
  TRADECOUNTER__LIMITS__UNPROVEN__BURST: "2",
  TRADECOUNTER__LIMITS__UNPROVEN__PER_HOUR: "0.1",
});

const heading = (page) => page.getByRole("heading", { level: 1, name: "A moment longer than usual" });

async function ask(page, slug, person) {
  await page.goto(demo.url(slug));
  await page.getByLabel("Mobile number").fill(person.typed);
  await page.getByRole("button", { name: "Text me a code" }).click();
}

async function useUp(slug, first) {
  for (let number = first; number < first + 2; number++) {
    const answer = await demo.ask("POST", "/api/v1/codes", slug, { body: { phone: stranger(number).phone } });
    assert.equal(answer.status, 202);
  }
}

test("a browser that is new works for its code; one that is known gets it as always", async () => {
  const known = await newPerson();
  await signIn(known, demo, "unionjack", MARGARET);
  await useUp("unionjack", 30);

  const newcomer = stranger(40);
  const page = await newPerson();
  await ask(page, "unionjack", newcomer);
  // It may be there and gone before it is seen.
  await page.getByLabel("Six-digit code").waitFor();
  await page.getByLabel("Six-digit code").fill(codeIn(await demo.nextMessage(newcomer.phone, 0)));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(({ pathname }) => pathname !== "/code" && pathname !== "/sessions");

  await known.getByRole("button", { name: "Sign out", exact: true }).first().click();
  const seen = (await demo.messages(MARGARET.phone)).length;
  await ask(known, "unionjack", MARGARET);
  await known.getByLabel("Six-digit code").waitFor();
  await demo.nextMessage(MARGARET.phone, seen);
});

test("without scripts the page says when it goes, and whom to call", async () => {
  await useUp("spiceroute", 50);
  const page = await newPerson({ javaScriptEnabled: false });
  await ask(page, "spiceroute", stranger(52));
  await heading(page).waitFor();
  await page.getByText("it needs JavaScript").waitFor();
  await page.getByText(/You can try again in/).waitFor();
  await page.getByRole("button", { name: "Text me a code" }).click();
  await heading(page).waitFor();
  assert.deepEqual(await demo.messages(stranger(52).phone), []);
});

test("the page, looked at while it computes", async () => {
  const page = await newPerson();
  // It never finds what it looks for.
  await page.addInitScript(() => { crypto.subtle.deriveBits = () => new Promise((done) => setTimeout(done, 200, new Uint8Array(32))); });
  await ask(page, "spiceroute", stranger(62));
  await heading(page).waitFor();
  await page.getByRole("status").getByText("Computing.").waitFor();
  await look(page, "sign-in-work");
});
