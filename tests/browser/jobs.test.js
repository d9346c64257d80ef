// What the queue has given up: the wholesaler reads why, an operator has it tried again once the gateway works, and lets go what is over.
import assert from "node:assert/strict";
import http from "node:http";
import { after } from "node:test";

import { atDesk, look } from "./browser.js";
import { askForAccount, codeIn, signInToConsole, signInToOffice, stranger } from "./people.js";
import { open, test } from "./stage.js";
import { until } from "./wait.js";

const DAN = stranger("61");

/** Speaks as Kannel does: takes texts, or says that it knows no way to the number. */
const gateway = http.createServer((request, answer) => {
  if (gateway.refuses) return answer.writeHead(403).end("Not routable.");
  gateway.texts.push(new URL(request.url, "http://localhost").searchParams.get("text"));
  answer.writeHead(202).end("0: Accepted for delivery");
});
Object.assign(gateway, { refuses: false, texts: [] });
await new Promise((resolve) => gateway.listen(0, "127.0.0.1", resolve));
after(() => gateway.close());

const { demo, newPerson } = await open("jobs", undefined, {
  TRADECOUNTER__SMS__GATEWAYS: "kannel",
  TRADECOUNTER__SMS__KANNEL__URL: `http://127.0.0.1:${gateway.address().port}/cgi-bin/sendsms`,
  TRADECOUNTER__SMS__KANNEL__USERNAME: "tester",
  TRADECOUNTER__SMS__KANNEL__PASSWORD: "secret",
});

test("a text that no gateway took is told to the wholesaler, tried again by an operator, and arrives", async () => {
  const dan = await newPerson();
  await dan.goto(demo.url("unionjack"));
  await dan.getByLabel("Mobile number").fill(DAN.typed);
  await dan.getByRole("button", { name: "Text me a code" }).click();
  await dan.getByLabel("Six-digit code").fill(codeIn(await until("a code", 20_000, async () => gateway.texts[0])));
  await dan.getByRole("button", { name: "Sign in", exact: true }).click();
  await askForAccount(dan, { business: "Dan’s Deli", contact: "Dan Drew", message: "" });

  gateway.refuses = true;
  const owner = await newPerson(atDesk);
  await signInToOffice(owner, demo, "unionjack", "owner@unionjack.example");
  await owner.getByRole("link", { name: "Dan’s Deli", exact: true }).click();
  await owner.getByRole("button", { name: /^Approve/ }).click();
  await owner.getByRole("heading", { level: 2, name: "Approved" }).waitFor();
  const somebody = await newPerson();
  await somebody.goto(demo.url("spiceroute"));
  await somebody.getByLabel("Mobile number").fill(stranger("62").typed);
  await somebody.getByRole("button", { name: "Text me a code" }).click();
  await somebody.getByLabel("Six-digit code").waitFor();

  const why = "the carrier refuses the message: HTTP 403, no route to this number";
  await until("the reason", 20_000, async () => {
    await owner.goto(demo.url("unionjack", "/office/messages?show=troubled"));
    return owner.getByText(why).first().isVisible();
  });
  await look(owner, "office-messages-why");

  const operator = await newPerson(atDesk);
  await signInToConsole(operator, demo);
  await operator.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Given up" }).click();
  const row = (what) => operator.getByRole("row").filter({ hasText: what });
  await row("Send a message").getByText(why).waitFor();
  await row("Send a code").getByText(why).waitFor();
  assert.equal(await row("Send a code").getByRole("button", { name: "Try again" }).count(), 0, "nobody waits for it any more");
  assert.doesNotMatch(await operator.locator("main").innerText(), /1237/, "no number");
  await look(operator, "console-jobs-some");

  gateway.refuses = false;
  const arrived = gateway.texts.length;
  await row("Send a message").getByRole("button", { name: "Try again" }).click();
  await operator.getByRole("status").getByText("It is in the queue again.").waitFor();
  await look(operator, "console-jobs-retried");
  assert.match(await until("the text", 20_000, async () => gateway.texts[arrived]), /^Union Jack/);
  await row("Send a code").getByRole("button", { name: "Let go" }).click();
  await operator.getByRole("heading", { name: "Nothing was given up" }).waitFor();
  await look(operator, "console-jobs-nothing");
  await operator.goto(demo.url("admin", "/events?about=jobs"));
  await operator.getByText("Let something go that was given up: Send a code").waitFor();
});
