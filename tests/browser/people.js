// Who walks through the tests, and how they come in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Numbers as people of the country write them, and as the inbox knows them. */
export const MARGARET = { typed: "07400 123456", phone: "+447400123456" };
export const HELEN = { typed: "07400 123465", phone: "+447400123465" };
/** Valid numbers that no wholesaler knows; each test takes its own. */
export const stranger = (number) => ({ typed: `07400 1237${number}`, phone: `+4474001237${number}` });

/** What a tenant's file says of a number: business name, account number, town … */
export function declared(slug, phone) {
  const file = new URL(`../../tenants/${slug}/customers.csv`, import.meta.url);
  const [head, ...rows] = readFileSync(file, "utf8").trim().split("\n").map(cells);
  const row = rows.find((row) => row[head.indexOf("phone")] === phone);
  assert.ok(row, `${phone} is not declared at ${slug}`);
  return Object.fromEntries(head.map((name, at) => [name, row[at]]));
}

function cells(line) {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, 7).map(([, cell]) => cell.replace(/^"|"$/g, "").replaceAll('""', '"'));
}

/** The business name in a tenant's file. */
export function houseName(slug) {
  const file = new URL(`../../tenants/${slug}/tenant.toml`, import.meta.url);
  return readFileSync(file, "utf8").match(/^business_name = "(.+)"$/m)[1];
}

/** The code in a text message (its last line) or in a mail (a line of its own). */
export function codeIn(text) {
  const found = text.match(/^@\S+ #(\d{6})$/m) ?? text.match(/^\s*(\d{6})\s*$/m);
  assert.ok(found, `no code in: ${text}`);
  return found[1];
}

/** Asks for a code on the page of the counter's front door, and gives the code that arrives. */
export async function askForCode(page, demo, { typed, phone }) {
  const seen = (await demo.messages(phone)).length;
  await page.getByLabel("Mobile number").fill(typed);
  await page.getByRole("button", { name: "Text me a code" }).click();
  await page.getByLabel("Six-digit code").waitFor();
  return codeIn(await demo.nextMessage(phone, seen));
}

/** From the front door to whatever the number finds behind it. */
export async function signIn(page, demo, slug, person) {
  await page.goto(demo.url(slug));
  const code = await askForCode(page, demo, person);
  await page.getByLabel("Six-digit code").fill(code);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(({ pathname }) => pathname !== "/code" && pathname !== "/sessions");
}

/** Asks for a code on a page that wants an e-mail address, and types the code that arrives. */
export async function signInByMail(page, demo, email) {
  const seen = (await demo.messages(email)).length;
  await page.getByLabel(/e-mail$/).fill(email);
  await page.getByRole("button", { name: "E-mail me a code" }).click();
  await page.getByLabel("Six-digit code").fill(codeIn(await demo.nextMessage(email, seen)));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** A member of staff, from the office's door to its first page: the queue, for whoever may decide. */
export async function signInToOffice(page, demo, slug, email) {
  await page.goto(demo.url(slug, "/office/sign-in"));
  await signInByMail(page, demo, email);
  await page.waitForURL(demo.url(slug, "/office"));
}

/** A device in which the page's browser keeps passkeys, and whose owner always says yes. */
export async function holdDevice(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  return {
    keys: async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    isHeldBy: (isUserVerified) => session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

/** Somebody of the platform, let in by the command line, from the console's door to its first page, with a new passkey. */
export async function signInToConsole(page, demo, email = "olga@platform.example") {
  await demo.command("operator", "invite", email, "--name", "Olga Platt");
  await demo.command("operator", "forget-passkeys", email);
  const device = await holdDevice(page);
  await page.goto(demo.url("admin", "/sign-in"));
  await signInByMail(page, demo, email);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByRole("heading", { level: 1, name: "Wholesalers" }).waitFor();
  return device;
}

/** From any page of a customer to «My wholesalers», which their account leads to. */
export async function goToWholesalers(page) {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Account" }).click();
  await page.getByRole("link", { name: "My wholesalers" }).click();
}

/** The form that asks for an account, filled in and sent. */
export async function askForAccount(page, { business, contact, message }) {
  await page.getByLabel("Business name").fill(business);
  await page.getByLabel("Your name").fill(contact);
  await page.getByLabel("Anything they should know").fill(message);
  await page.getByRole("button", { name: "Ask for an account" }).click();
  await page.getByRole("heading", { level: 1, name: "They have your request" }).waitFor();
}
