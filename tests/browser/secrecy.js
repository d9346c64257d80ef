// What a demo's log and database may not tell: a code, a token, a whole number.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import pg from "pg";

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

const codesIn = (messages) =>
  messages.flatMap(({ text }) => text.match(/^@\S+ #(\d{6})$/m)?.[1] ?? text.match(/^\s*(\d{6})\s*$/m)?.[1] ?? []);

const asWord = (code) => new RegExp(`(?<![\\w.])${code}(?!\\w)`);

/** Takes note of a token that a page or a command showed. */
export function keepToken(token) {
  tokens.add(token);
}

/** Searches the log of a demo for what it sent and for what the browsers hold. */
export function assertLogTellsNothing(logFile, messages) {
  const codes = codesIn(messages);
  const numbers = messages.map(({ to }) => to).filter((to) => to.startsWith("+"));
  assert.ok(codes.length > 0 && tokens.size > 0, "the tests of this file sent codes and opened sessions");

  // The addresses of the demo's people are printed on purpose, before it begins to log requests.
  const lines = readFileSync(logFile, "utf8").split("\n").filter((line) => /^\S*\d{4}-\d\d-\d\dT/.test(line));
  assert.ok(lines.some((line) => line.includes("POST")), `${logFile} tells of requests`);
  for (const line of lines) {
    const runTogether = line.replaceAll(/[ \u00a0-]/g, "").replaceAll("%2B", "+");
    for (const token of tokens) assert.ok(!line.includes(token), `a token in ${logFile}: ${line}`);
    for (const code of codes) assert.ok(!asWord(code).test(line), `a code in ${logFile}: ${line}`);
    for (const number of numbers) assert.ok(!runTogether.includes(number.slice(3)), `a whole number in ${logFile}: ${line}`);
  }
}

/** Searches every column of every table of a demo's PostgreSQL, while it runs: no code and no token, in letters or as bytes. */
export async function assertDatabaseTellsNothing(socketDirectory, messages) {
  const codes = codesIn(messages);
  const client = new pg.Client({ host: socketDirectory, user: "postgres", database: "tradecounter", statement_timeout: 20_000 });
  await client.connect();
  try {
    const columns = await client.query(
      `select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p', 'm') and c.relnamespace = 'public'::regnamespace`,
    );
    let values = 0;
    for (const { table, name, type } of columns.rows) {
      const found = await client.query(`select "${name}"::text as value from "${table}" where "${name}" is not null`);
      for (const { value } of found.rows) {
        values += 1;
        for (const token of tokens) {
          const forms = [token, Buffer.from(token).toString("hex"), Buffer.from(token, "base64url").toString("hex")];
          assert.ok(!forms.some((form) => value.includes(form)), `a token in ${table}.${name}`);
        }
        if (!/^(text|jsonb?|bytea)/.test(type)) continue;
        for (const code of codes) {
          const told = type === "bytea" ? value.includes(Buffer.from(code).toString("hex")) : asWord(code).test(value);
          assert.ok(!told, `a code in ${table}.${name}`);
        }
      }
    }
    assert.ok(values > 100, "a database in which something stands");
  } finally {
    await client.end();
  }
}
