// The pages that nobody comes past on the usual walk: empty ones, refusals, and what stands there afterwards.
import { atDesk, look } from "./browser.js";
import { MARGARET, askForAccount, askForCode, codeIn, signIn, signInToOffice, stranger } from "./people.js";
import { open, test } from "./stage.js";

const OWNER = "owner@fromagerie.example";

const { demo, newPerson } = await open("states");

const heading = (page, name) => page.getByRole("heading", { level: 1, name });

test("the office's door, and an office where nobody has asked yet", async () => {
  const page = await newPerson();
  await page.goto(demo.url("fromagerie", "/office"));
  await page.getByLabel("Your work e-mail").fill("claudine@fromagerie");
  await page.getByRole("button", { name: "E-mail me a code" }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "office-door-wrong");
  await page.getByLabel("Your work e-mail").fill(OWNER);
  await page.getByRole("button", { name: "E-mail me a code" }).click();
  await page.getByLabel("Six-digit code").waitFor();
  await page.getByLabel("Six-digit code").fill("12");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "office-code-wrong");
  await page.getByLabel("Six-digit code").fill(codeIn(await demo.nextMessage(OWNER, 0)));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await heading(page, "Requests").waitFor();
  await look(page, "office-requests-none");
  await page.goto(demo.url("fromagerie", "/office?status=decided"));
  await look(page, "office-decided-none");
  await page.goto(demo.url("fromagerie", "/office/customers?query=F-0101"));
  await page.locator("a.main").first().click();
  await page.getByText("Suspend…").click();
  await page.getByLabel("Reason").fill("  ");
  await page.getByRole("button", { name: /^\W*Suspend / }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "office-customer-wrong");
});

test("a request taken back, and a device about to be signed out", async () => {
  const newcomer = stranger("31");
  const shop = await newPerson();
  await signIn(shop, demo, "unionjack", newcomer);
  await shop.goto(demo.url("unionjack", "/registration-requests/new"));
  await askForAccount(shop, { business: "Second Thoughts", contact: "Jo Field", message: "" });
  await shop.getByText("Take the request back…").click();
  await look(shop, "registration-about-to-be-withdrawn");
  await shop.getByRole("button", { name: "Yes, take it back" }).click();
  await heading(shop, "You took your request back").waitFor();
  await look(shop, "registration-withdrawn");

  await signIn(shop, demo, "spiceroute", MARGARET);
  await shop.goto(demo.url("spiceroute", "/wholesalers"));
  await shop.getByRole("button", { name: "Union Jack Gifts" }).click();
  await shop.waitForURL(demo.url("unionjack"));
  await shop.goto(demo.url("unionjack", "/devices"));
  await shop.getByText("Sign out everywhere else…").click();
  await look(shop, "devices-about-to-end");
});

test("pages of the counter in red, where what leads on and what takes away must not look the same", async () => {
  const shop = await newPerson();
  await shop.goto(demo.url("spiceroute"));
  await look(shop, "door-spiceroute");
  await askForCode(shop, demo, stranger("32"));
  await shop.getByLabel("Six-digit code").fill("12");
  await shop.getByRole("button", { name: "Sign in", exact: true }).click();
  await shop.getByRole("alert").waitFor();
  await look(shop, "code-wrong-spiceroute");

  const asking = await newPerson();
  await signIn(asking, demo, "spiceroute", stranger("33"));
  await askForAccount(asking, { business: "Plain Foods", contact: "Jo Field", message: "" });
  const office = await newPerson(atDesk);
  await signInToOffice(office, demo, "spiceroute", "owner@spiceroute.example");
  await look(office, "office-requests-spiceroute");
  await office.getByRole("link", { name: "Plain Foods", exact: true }).click();
  await heading(office, "Plain Foods").waitFor();
  await look(office, "office-request-spiceroute");
});
