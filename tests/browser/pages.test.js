// EVERY page of the application, as those who can open it see it: a page that nobody opens here fails the first test.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { before } from "node:test";

import { PHONE, look } from "./browser.js";
import { HELEN, MARGARET, askForAccount, askForCode, declared, houseName, signIn, signInToConsole, signInToOffice, stranger } from "./people.js";
import { open, test } from "./stage.js";

/** Each page by its site and the path in the tables of routes, and who opens it. */
const PAGES = {
  "public /": ["stranger"],
  "public /signups/new": ["stranger"],
  "public /signups/:id": ["stranger"],
  "public /inbox": ["stranger"],
  "public /api/docs": ["stranger"],
  "counter /": ["stranger", "waiting", "rejected", "customer", "suspended"],
  "counter /code": ["stranger"],
  "counter /registration-requests/new": ["newcomer", "rejected"],
  "counter /account": ["customer"],
  "counter /products": ["customer"],
  "counter /products/:product_id": ["customer"],
  "counter /usuals": ["customer"],
  "counter /basket": ["customer"],
  "counter /orders": ["customer"],
  "counter /orders/:number": ["customer"],
  "counter /orders/:number/edit": ["customer"],
  "counter /quick-order": ["customer"],
  "counter /offline": ["stranger"],
  "counter /wholesalers": ["newcomer", "waiting", "customer"],
  "counter /devices": ["newcomer", "waiting", "customer"],
  "counter /my-data": ["newcomer", "customer"],
  "counter /language": ["newcomer", "customer"],
  "counter /erasures/confirmation": ["newcomer"],
  "counter /number-changes/new": ["customer"],
  "counter /number-changes/confirmation": ["customer"],
  "counter /api/docs": ["stranger"],
  "counter /office": ["owner", "picker"],
  "counter /office/sign-in": ["stranger"],
  "counter /office/code": ["stranger"],
  "counter /office/getting-started": ["owner"],
  "counter /office/registration-requests/:request_id": ["owner"],
  "counter /office/orders": ["owner"],
  "counter /office/orders/new": ["owner"],
  "counter /office/orders/:number": ["owner"],
  "counter /office/orders/:number/amendment": ["owner"],
  "counter /office/picking": ["owner", "picker"],
  "counter /office/picking/list": ["picker"],
  "counter /office/picking/:number": ["picker"],
  "counter /office/customers": ["owner"],
  "counter /office/customers/:access_id": ["owner"],
  "counter /office/proof": ["owner"],
  "counter /office/passkeys": ["owner", "picker"],
  "counter /office/products": ["owner"],
  "counter /office/products/new": ["manager"],
  "counter /office/products/:product_id": ["owner"],
  "counter /office/products/changes/new": ["manager"],
  "counter /office/categories": ["owner"],
  "counter /office/accounts/:account_id": ["owner"],
  "counter /office/why-this-price": ["owner"],
  "counter /office/price-lists": ["owner"],
  "counter /office/price-lists/:price_list_id": ["owner"],
  "counter /office/imports": ["owner"],
  "counter /office/imports/:import_id": ["owner"],
  "counter /office/imports/:import_id/columns": ["owner"],
  "counter /office/dashboard": ["owner", "picker"],
  "counter /office/team": ["owner", "picker"],
  "counter /office/team/roles": ["owner", "picker"],
  "counter /office/team/invitations/new": ["owner", "manager"],
  "counter /office/team/:staff_id": ["owner", "manager"],
  "counter /office/invitations/:invitation_id": ["stranger"],
  "counter /office/settings": ["owner"],
  "counter /office/settings/orders": ["owner"],
  "counter /office/messages": ["owner", "manager"],
  "counter /office/settings/messages": ["owner"],
  "counter /office/settings/messages/:kind": ["owner"],
  "counter /office/audit": ["owner"],
  "counter /office/domains": ["owner"],
  "counter /office/support": ["owner"],
  "counter /office/export": ["owner"],
  "counter /office/closing": ["owner"],
  "counter /unsubscriptions/:token": ["stranger"],
  "console /": ["operator"],
  "console /sign-in": ["stranger"],
  "console /code": ["stranger"],
  "console /proof": ["operator"],
  "console /passkeys": ["operator"],
  "console /tenants/new": ["operator"],
  "console /tenants/:id": ["operator"],
  "console /tenants/:id/domains": ["operator"],
  "console /tenants/:id/support": ["operator"],
  "console /tenants/:id/support/customers": ["operator"],
  "console /tenants/:id/support/registration-requests": ["operator"],
  "console /tenants/:id/support/messages": ["operator"],
  "console /tenants/:id/support/audit-events": ["operator"],
  "console /certificates": ["operator"],
  "console /events": ["operator"],
  "console /gateways": ["operator"],
  "console /alarms": ["operator"],
  "console /jobs": ["operator"],
  "console /tokens": ["operator"],
  "console /api/docs": ["stranger"],
};

/** What is saved and not shown; and the certificate of a counter that was deleted, which is thirty days away: a picture of it is
 *  among those that the Rust tests take. */
const NOT_SHOWN = ["counter /office/exports/products.csv", "counter /office/exports/prices.csv", "counter /office/exports/customers.csv", "counter /orders/:number/order.pdf", "counter /office/orders/:number/order.pdf", "counter /pictures/:picture_hash", "counter /my-data/download", "counter /office/audit/export.csv", "counter /office/audit/export.json", "console /events/export.csv", "console /events/export.json", "console /certificates/:id", "public /receipts/:gateway/:token"];

/** Steps on a way that are nothing to look at: each leads on, or says that the way is no longer there. The walks take them. */
const STEPS = ["public /signups/:id/departure", "counter /arrivals/new", "counter /departures", "counter /arrivals", "counter /office/arrivals/new", "counter /office/arrivals"];

const SITES = { public_pages: "public", counter_pages: "counter", office_pages: "counter", selling_pages: "counter", file_pages: "counter", message_pages: "counter", goods_pages: "counter", shared_pages: "counter", console_pages: "console" };
const SLUGS = { public: "", counter: "unionjack", console: "admin" };
const OWNER = "owner@unionjack.example";
const INVITED = "nadia@unionjack.example";
const NEWS = "orders@margaret.example";

const { demo, newPerson } = await open("pages");
const at = (page) => demo.url(SLUGS[page.split(" ")[0]], page.split(" ")[1]);

/** How a page is reached that is not simply at its address. */
const WAYS = {
  "counter /office/settings/messages/:kind": (person) => person.goto(demo.url("unionjack", "/office/settings/messages/order_accepted")),
  "public /signups/:id": async (person) => {
    await person.goto(at("public /signups/new?business_name=Nordic+Larder+Ltd"));
    await person.getByLabel("Your name").fill("Nora Lind");
    await person.getByLabel("Your work e-mail").fill("nora@nordic.example");
    await person.getByRole("button", { name: "E-mail me a code" }).click();
  },
  "counter /code": async (person) => {
    await person.goto(at("counter /"));
    await askForCode(person, demo, stranger("56"));
  },
  "counter /products/:product_id": async (person) => {
    await person.goto(at("counter /products"));
    await person.locator("a.what").first().click();
  },
  "counter /orders/:number": (person) => person.goto(at(`counter /orders/${sent}`)),
  "counter /orders/:number/edit": (person) => person.goto(at(`counter /orders/${sent}/edit`)),
  "counter /office/orders/:number": (person) => openFirst(person, "counter /office/orders"),
  "counter /office/orders/:number/amendment": (person) => person.goto(at(`counter /office/orders/${sent}/amendment`)),
  "counter /office/picking/:number": (person) => person.goto(at(`counter /office/picking/${accepted}`)),
  "counter /office/code": (person) => askForMail(person, "counter /office/sign-in", OWNER),
  "console /code": (person) => askForMail(person, "console /sign-in", "olga@platform.example"),
  "counter /office/registration-requests/:request_id": (person) => openFirst(person, "counter /office"),
  "counter /office/customers/:access_id": (person) => openFirst(person, `counter /office/customers?query=${declared("unionjack", MARGARET.phone).account_number}`),
  "counter /office/products/:product_id": (person) => openFirst(person, "counter /office/products?query=jumbo"),
  "counter /office/products/changes/new": async (person) => {
    const isOpen = () => person.goto(at("counter /office/products/changes/new?which=found&query=jumbo"));
    await isOpen();
    await person.getByLabel("Base price, in percent").fill("2.5");
    await person.getByRole("button", { name: "See what would change" }).click();
    await person.getByRole("heading", { name: "would be changed" }).waitFor();
    await look(person, "counter-office-products-changes-seen");
    await isOpen();
  },
  "counter /office/accounts/:account_id": async (person) => {
    await openFirst(person, `counter /office/customers?query=${declared("unionjack", MARGARET.phone).account_number}`);
    await person.locator("dl.facts a").first().click();
    await person.getByRole("heading", { name: "What was agreed" }).waitFor();
  },
  "counter /office/why-this-price": (person) =>
    person.goto(at(`counter /office/why-this-price?account=${declared("unionjack", MARGARET.phone).account_number}&sku=22386&quantity=100`)),
  "counter /office/price-lists/:price_list_id": (person) => openFirst(person, "counter /office/price-lists", /^Garden centres/),
  "counter /office/imports/:import_id/columns": bringIn,
  "counter /office/imports/:import_id": async (person) => {
    await bringIn(person);
    await person.getByRole("button", { name: "Show what it would do" }).click();
    await person.getByRole("heading", { level: 2, name: "Ready to be applied" }).waitFor();
  },
  "counter /office/team/:staff_id": (person) => openFirst(person, "counter /office/team", "Kasia Wrona"),
  "counter /office/invitations/:invitation_id": async (person) => {
    const { text } = (await demo.messages(INVITED))[0];
    await person.goto(text.match(/http\S+\/office\/invitations\/\S+/)[0]);
  },
  "counter /erasures/confirmation": async (person) => {
    await person.goto(at("counter /my-data"));
    await person.getByText("Erase everything about me…").click();
    await person.getByRole("button", { name: "Text me the code" }).click();
  },
  "counter /number-changes/confirmation": async (person) => {
    await person.goto(at("counter /number-changes/new"));
    await person.getByLabel("New mobile number").fill(stranger("57").typed);
    await person.getByRole("button", { name: "Text both numbers a code" }).click();
  },
  "counter /unsubscriptions/:token": async (person) => {
    const { owner, customer } = people;
    await WAYS["counter /office/accounts/:account_id"](owner);
    await owner.getByLabel("News of their orders").selectOption("email");
    await owner.getByLabel("E-mail for it").fill(NEWS);
    await owner.getByRole("button", { name: "Save" }).click();
    await owner.getByText(/^Saved\./).waitFor();
    await order(customer);
    await person.goto((await demo.nextMessage(NEWS, 0)).match(/http\S+\/unsubscriptions\/\S+/)[0]);
  },
  ...Object.fromEntries(
    ["/domains", "/support", "/support/customers", "/support/registration-requests", "/support/messages", "/support/audit-events"].map((part) => [
      `console /tenants/:id${part}`,
      (person) => person.goto(at(`console /tenants/${counterId}${part}`)),
    ]),
  ),
  "console /tenants/:id": (person) => openFirst(person, "console /", houseName("unionjack")),
};

async function bringIn(person) {
  await person.goto(at("counter /office/imports"));
  await person.getByLabel("The file").setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from("SKU,Name,Price\nNEW-1,Mug,3.00\n") });
  await person.getByRole("button", { name: "Check the file" }).click();
}

async function askForMail(person, page, email) {
  await person.goto(at(page));
  await person.getByLabel(/e-mail$/).fill(email);
  await person.getByRole("button", { name: "E-mail me a code" }).click();
}

async function openFirst(person, page, name) {
  await person.goto(at(page));
  const link = name ? person.getByRole("link", { name, exact: true }) : person.locator("a.main").first();
  await Promise.all([person.waitForURL((url) => url.href !== at(page)), link.click()]);
}

/** Puts the first product into the basket and sends it: the number of the order. */
async function order(person) {
  await fillBasket(person);
  await person.goto(at("counter /basket"));
  await person.getByRole("button", { name: /^Send order/ }).click();
  await person.waitForURL(/\/orders\/[A-Z0-9-]+/);
  return new URL(person.url()).pathname.split("/").pop();
}

async function fillBasket(person) {
  await person.goto(at("counter /products"));
  await person.locator("button[name=more]").first().click();
  await person.waitForLoadState();
}

const people = {};
/** The numbers of two orders: one that nobody has answered, and one that is accepted. */
let sent, accepted;
/** The demo's first wholesaler, as the console calls it. */
let counterId;
const setUp = { timeout: 120_000 };
before(async () => {
  for (const who of ["stranger", "newcomer", "waiting", "rejected", "customer", "suspended", "owner", "manager", "picker", "operator"]) people[who] = await newPerson();
  const { newcomer, waiting, rejected, customer, suspended, owner, manager, picker, operator } = people;
  await signIn(newcomer, demo, "unionjack", stranger("51"));
  await signIn(waiting, demo, "unionjack", stranger("52"));
  await askForAccount(waiting, { business: "Rahman & Daughters", contact: "Nadia Rahman", message: "Corner shop in Leeds, since 1998" });
  await signIn(rejected, demo, "unionjack", stranger("53"));
  await askForAccount(rejected, { business: "Bargain Barn", contact: "Lee Marsh", message: "" });
  await signIn(customer, demo, "unionjack", MARGARET);
  await signIn(suspended, demo, "unionjack", HELEN);
  sent = await order(customer);
  accepted = await order(customer);
  await fillBasket(customer);

  await signInToOffice(owner, demo, "unionjack", OWNER);
  await owner.getByRole("link", { name: "Bargain Barn", exact: true }).click();
  await owner.getByLabel("Reason").fill("We do not deliver to your town yet.");
  await owner.getByRole("button", { name: "Reject Bargain Barn" }).click();
  await owner.getByRole("heading", { level: 2, name: "Rejected" }).waitFor();
  await openFirst(owner, `counter /office/customers?query=${declared("unionjack", HELEN.phone).account_number}`);
  await owner.getByText("Suspend…").click();
  await owner.getByLabel("Reason").fill("Three invoices are open");
  await owner.getByRole("button", { name: /Suspend \w/ }).click();
  await owner.getByRole("button", { name: "Restore access" }).waitFor();
  await signIn(suspended, demo, "unionjack", HELEN);
  await owner.goto(at(`counter /office/orders/${accepted}`));
  await owner.getByRole("button", { name: `Accept ${accepted}` }).click();
  await owner.getByText(/^Accepted\. /).waitFor();
  await owner.goto(at("counter /office/team/invitations/new"));
  await owner.getByLabel("Their name").fill("Nadia Rahman");
  await owner.getByLabel("Their e-mail").fill(INVITED);
  await owner.getByLabel("Sales").check();
  await owner.getByRole("button", { name: "Send the invitation" }).click();
  await owner.getByRole("heading", { name: "Invited, not here yet" }).waitFor();
  await demo.nextMessage(INVITED, 0);

  await signInToOffice(manager, demo, "unionjack", "manager@unionjack.example");
  await signInToOffice(picker, demo, "unionjack", "picker@unionjack.example");
  await signInToConsole(operator, demo);
  const link = operator.getByRole("link", { name: houseName("unionjack"), exact: true });
  counterId = (await link.getAttribute("href")).split("/").pop();
  await operator.goto(at(`console /tenants/${counterId}/support`));
  await operator.getByLabel("Why you need to look").fill("Customers say that no code comes");
  await operator.getByRole("button", { name: "Ask for access" }).click();
  await operator.getByRole("heading", { name: "You have asked" }).waitFor();
  await owner.goto(at("counter /office/support"));
  await owner.getByRole("button", { name: /Let them in/ }).click();
  await owner.getByRole("heading", { name: /is let in$/ }).waitFor();
}, setUp);

test("every page of the table of routes is opened below, and nothing else is", () => {
  assert.deepEqual(Object.keys(PAGES).sort(), pagesOfTheTable().sort());
});

for (const [page, visitors] of Object.entries(PAGES)) {
  test(`${page} as ${visitors.join(", ")}`, async () => {
    for (const who of visitors) {
      const person = people[who];
      await (WAYS[page] ?? (() => person.goto(at(page))))(person);
      const pattern = new RegExp(`^${page.split(" ")[1].replaceAll(/:\w+/g, "[^/]+")}$`);
      await person.waitForURL(({ pathname }) => pattern.test(pathname));
      assert.equal(person.status, 200, `${page} as ${who}`);
      if (who !== "stranger" && !page.endsWith("/proof")) assert.equal(await person.locator("body.door").count(), 0, `${page} shows ${who} a door`);
      await look(person, `${page}-${who}`.replaceAll(/[^a-z]+/g, "-"));
      await assertSameWithoutScripts(person);
    }
  });
}

test("what stands in a page's place when there is none, or it is nobody's business", async () => {
  for (const [page, who, status] of [
    ["public /no/such/page", "stranger", 404],
    ["counter /no/such/page", "customer", 404],
    ["counter /office/customers/nonsense", "owner", 404],
    ["counter /office/settings", "picker", 403],
    ["console /no/such/page", "operator", 404],
  ]) {
    const person = people[who];
    await person.goto(at(page));
    assert.equal(person.status, status, `${page} as ${who}`);
    await look(person, `${page}-${who}-${status}`.replaceAll(/[^a-z0-9]+/g, "-"));
    await assertSameWithoutScripts(person);
  }
});

/** Read as text: «page(GET, "/devices", devices::pages::index)», without redirections and without what is no page. */
function pagesOfTheTable() {
  const folder = new URL("../../src/routes/", import.meta.url);
  const table = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8")).join("\n");
  const found = [];
  let seen = 0;
  for (const [, name, lines] of table.matchAll(/fn (\w+)\(\) -> Vec<PageRoute> \{(.*?)\n\}/gs)) {
    const site = SITES[name];
    assert.ok(site, `${name}: a table of pages that this test does not know`);
    for (const [, method, path, answers] of lines.matchAll(/\bpage\(\s*(\w+),\s*"([^"]+)",\s*([\w:]+)/g)) {
      seen += 1;
      if (method === "GET" && answers !== "make_sync" && !answers.startsWith("assets::")) found.push(`${site} ${path}`);
    }
  }
  assert.equal(seen, table.match(/\bpage\(\s*(GET|POST)/g).length, "each line of the table was read");
  assert.deepEqual(STEPS.filter((step) => !found.includes(step)), [], "steps that are there");
  return found.filter((page) => !STEPS.includes(page) && !NOT_SHOWN.includes(page));
}

/** The page again with its scripts switched off: the same things to press and to fill in, but for what prints, which only a script does. */
async function assertSameWithoutScripts(page) {
  await page.setViewportSize(PHONE);
  const session = await page.context().newCDPSession(page);
  const seen = async () => {
    await page.reload();
    const named = (all) => all.filter((one) => one.checkVisibility()).map((one) => `${one.tagName} ${one.innerText || one.name}`.replace(/ in \d+ s$/, ""));
    return page.locator("a, button:not([data-print]), summary, input:not([type=hidden]), select, textarea").evaluateAll(named);
  };
  const withScripts = await seen();
  await session.send("Emulation.setScriptExecutionDisabled", { value: true });
  try {
    assert.deepEqual(await seen(), withScripts, `${page.url()} without scripts`);
  } finally {
    await session.send("Emulation.setScriptExecutionDisabled", { value: false });
    await session.detach();
  }
}
