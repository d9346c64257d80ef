// What a demo's log may not tell: a code, a token, a whole number.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const tokens = new Set();

/** Takes note of every cookie that this person's browser is given. */
export function keepTokens(context) {
  context.on("response", async (response) => {
    const lines = await response.headersArray().catch(() => []);
    for (const { name, value } of lines) {
      const token = name.toLowerCase() === "set-cookie" ? value.match(/^[^=]+=([^;]{32,})/) : null;
      if (token) tokens.add(token[1]);
    }
  });
}

/** Searches the log of a demo for what it sent and for what the browsers hold. */
export function assertTellsNothing(logFile, messages) {
  const codes = messages.flatMap(({ text }) => text.match(/^@\S+ #(\d{6})$/m)?.[1] ?? text.match(/^\s*(\d{6})\s*$/m)?.[1] ?? []);
  const numbers = messages.map(({ to }) => to).filter((to) => to.startsWith("+"));
  assert.ok(codes.length > 0 && tokens.size > 0, "the tests of this file sent codes and opened sessions");

  // The addresses of the demo's people are printed on purpose, before it begins to log requests.
  const lines = readFileSync(logFile, "utf8").split("\n").filter((line) => /^\S*\d{4}-\d\d-\d\dT/.test(line));
  assert.ok(lines.some((line) => line.includes("POST")), `${logFile} tells of requests`);
  for (const line of lines) {
    const runTogether = line.replaceAll(/[ \u00a0-]/g, "").replaceAll("%2B", "+");
    for (const token of tokens) assert.ok(!line.includes(token), `a token in ${logFile}: ${line}`);
    for (const code of codes) assert.ok(!new RegExp(`(?<![\\w.])${code}(?!\\w)`).test(line), `a code in ${logFile}: ${line}`);
    for (const number of numbers) assert.ok(!runTogether.includes(number.slice(3)), `a whole number in ${logFile}: ${line}`);
  }
}
