// A demo of our own for one file of tests: its own port, its own data, ended when the tests are done.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { assertDatabaseTellsNothing, assertLogTellsNothing } from "./secrecy.js";
import { until } from "./wait.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const TARGET = path.join(ROOT, "target");
const PROGRAM = process.env.TRADECOUNTER ?? path.join(TARGET, "debug/tradecounter");
const BASE = "localhost";

/** Starts the demo, with more in its environment, and waits until it answers. The caller must `stop()` it. */
export async function startDemo(name, more = {}) {
  const port = await freePort();
  // Not in the checkout: as root, PostgreSQL runs as somebody who may not enter every directory.
  const dataDirectory = path.join(tmpdir(), `tradecounter-browser-${name}-${process.pid}`);
  const logFile = path.join(TARGET, "browser-logs", `${name}.log`);
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, "w");
  const child = spawn(PROGRAM, ["demo", "--listen", `127.0.0.1:${port}`, "--data-dir", dataDirectory], {
    cwd: ROOT,
    env: {
      ...environment(),
      // One person signs in again and again here.
      TRADECOUNTER__CODES__RESEND_SECONDS: "1",
      // All that the program itself has to say, so that it can be searched for what it should not.
      TRADECOUNTER__LOG__FILTER: "info,tradecounter=trace,sqlx=debug",
      ...more,
    },
    stdio: ["ignore", log, log],
  });
  const endWithUs = () => child.kill("SIGTERM");
  process.once("exit", endWithUs);

  const demo = new Demo(port, logFile, dataDirectory);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  try {
    await until("the demo to answer", 60_000, async () => {
      if (isOver()) throw new Error(`the demo ended:\n${readFileSync(logFile, "utf8")}`);
      return (await demo.get("/").catch(() => null))?.status === 200;
    });
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }

  demo.stop = async () => {
    const sent = await demo.messages("");
    const told = await assertDatabaseTellsNothing(path.join(dataDirectory, "run"), sent).catch((error) => error);
    process.removeListener("exit", endWithUs);
    child.kill("SIGTERM");
    try {
      await until("the demo to end", 30_000, isOver);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    rmSync(dataDirectory, { recursive: true, force: true });
    if (told) throw told;
    assertLogTellsNothing(logFile, sent);
    if (child.exitCode !== 0) throw new Error(`the demo ended with ${child.exitCode ?? child.signalCode}: see ${logFile}`);
  };
  return demo;
}

/** A running demo, as a browser and as the API see it. */
class Demo {
  constructor(port, logFile, dataDirectory) {
    this.port = port;
    this.logFile = logFile;
    this.dataDirectory = dataDirectory;
  }

  /** A command of the same program beside this demo, such as `operator invite …`; gives what it prints. */
  command(...words) {
    const options = { cwd: ROOT, env: environment(), timeout: 60_000 };
    return new Promise((resolve, reject) => {
      execFile(PROGRAM, [...words, "--data-dir", this.dataDirectory], options, (error, printed, said) => (error ? reject(new Error(`${words.join(" ")}: ${error.message}\n${said}`)) : resolve(printed.trim())));
    });
  }

  /** The address of a counter's page; of the public site without a slug. */
  url(slug, page = "/") {
    return `http://${slug ? `${slug}.` : ""}${BASE}:${this.port}${page}`;
  }

  get(page, slug) {
    return this.ask("GET", page, slug);
  }

  /** As a program that shows a token and sends JSON. Node does not find `*.localhost`: it is told where that is, and says who it means. */
  ask(method, page, slug, { token, body } = {}) {
    const host = `${slug ? `${slug}.` : ""}${BASE}:${this.port}`;
    const headers = { host, ...(token && { authorization: `Bearer ${token}` }), ...(body && { "content-type": "application/json" }) };
    return new Promise((resolve, reject) => {
      const request = http.request({ method, host: "127.0.0.1", port: this.port, path: page, headers, timeout: 10_000 }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => (text += part));
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
        answer.on("error", reject);
      });
      request.on("timeout", () => request.destroy(new Error(`no answer to ${page} in ten seconds`)));
      request.on("error", reject);
      request.end(body && JSON.stringify(body));
    });
  }

  /** Every message to somebody so far, newest first. */
  async messages(to) {
    const answer = await this.get(`/api/v1/inbox?to=${encodeURIComponent(to)}`);
    if (answer.status !== 200) throw new Error(`the inbox answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text).items;
  }

  /** The text of the message after the first `seen` ones. */
  async nextMessage(to, seen) {
    return until(`a message to ${to}`, 20_000, async () => {
      const messages = await this.messages(to);
      return messages.length > seen ? messages[0].text : null;
    });
  }
}

/** Ours without the developer's own settings: the demo has a PostgreSQL and a configuration of its own. */
function environment() {
  const isSetting = (name) => name === "DATABASE_URL" || name.toUpperCase().startsWith("TRADECOUNTER__");
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
