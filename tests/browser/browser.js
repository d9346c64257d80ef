// A real Chromium, and what every page must be: readable for everybody, as wide as the phone, in both schemes.
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";

import axe from "axe-core";
import { chromium } from "playwright-core";

import { keepTokens } from "./secrecy.js";
import { TARGET } from "./server.js";

const SCREENSHOTS = path.join(TARGET, "screenshots");
export const PHONE = { width: 360, height: 800 };
const DESK = { width: 1280, height: 800 };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** The machine's own Chromium. Playwright switches the back/forward cache off unless told not to. `fontSize` is what its owner has set. */
export function launch({ backForwardCache = false, fontSize = 16 } = {}) {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic", `--blink-settings=defaultFontSize=${fontSize}`];
  return chromium.launch({
    executablePath: places.find((place) => place && existsSync(place)),
    args: process.getuid?.() === 0 ? [...quiet, "--no-sandbox"] : quiet,
    ignoreDefaultArgs: backForwardCache ? ["--disable-back-forward-cache"] : [],
    timeout: 30_000,
  });
}

/** A browser of somebody's own: no cookie and no cache is shared with another. */
export async function newPerson(browser, { viewport = PHONE, ...options } = {}) {
  const context = await browser.newContext({ viewport, hasTouch: viewport.width < 600, locale: "en-GB", ...options });
  context.setDefaultTimeout(10_000);
  context.on("page", watch);
  keepTokens(context);
  return context.newPage();
}

/** Keeps what goes wrong on a page, for `look` to see. */
function watch(page) {
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // A form that comes back with what is wrong answers 4xx, and Chromium writes that to its console.
    const isAnswer = /Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isAnswer) page.troubles.push(`console: ${message.text()}`);
  });
}

/** For somebody at a desk. */
export const atDesk = { viewport: DESK };

/** Takes the page's picture at both widths in both schemes, and lets axe look at each. */
export async function look(page, name, viewports = [PHONE, DESK]) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const viewport of viewports) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      // A page that was opened at an anchor would show its sticky header in the middle of the picture.
      await page.evaluate(() => scrollTo(0, 0));
      const dark = colorScheme === "dark" ? "-dark" : "";
      const picture = `${name}-${viewport.width}${dark}.png`;
      await page.screenshot({ path: path.join(SCREENSHOTS, picture), fullPage: true });
      await assertAccessible(page, picture);
    }
    await assertFits(page, `${name} at ${viewport.width}`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: "light" });
  assert.deepEqual(page.troubles, [], `${name}: troubles on the page`);
}

async function assertAccessible(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: { type: "tag", values: tags } }), RULES);
  const lines = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.target.join(" ")).join("\n    ")}`);
  assert.equal(lines.length, 0, `${name}: not accessible to everybody\n  ${lines.join("\n  ")}`);
}

async function assertFits(page, name) {
  const { content, window, outside } = await page.evaluate(() => {
    const window = document.documentElement.clientWidth;
    // What is cut off does not make the page wider, and what is written may stick out of its button. The menu may be pushed along.
    const controls = [...document.querySelectorAll("a, button, summary, input, textarea")].filter((one) => !one.closest(".chips") && !one.matches(".skip"));
    const sticksOut = (one) => one.getBoundingClientRect().right > window + 1 || (!one.matches("input, textarea") && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0);
    return { content: document.documentElement.scrollWidth, window, outside: controls.filter(sticksOut).map((one) => one.textContent.trim() || one.id) };
  });
  assert.ok(content <= window, `${name}: the page is ${content} px wide in a window of ${window} px`);
  assert.deepEqual(outside, [], `${name}: not wholly to be seen`);
}

/** Goes through the page by keyboard: nothing may cut off the ring that shows where one is. */
export async function assertRingsAreWhole(page) {
  let seen = 0;
  for (; seen < 40; seen += 1) {
    await page.keyboard.press("Tab");
    const cut = await page.evaluate(() => {
      const on = document.activeElement;
      if (on === document.body) return null;
      // The link in a row is as large as the row.
      const ringed = on.matches(".main") ? on.closest("tr") : on;
      const style = getComputedStyle(on, on.matches(".main") ? "::after" : undefined);
      const reach = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
      const box = ringed.getBoundingClientRect();
      if (style.outlineStyle === "none") return `no ring around ${on.textContent.trim()}`;
      for (let around = ringed.parentElement; around !== document.body; around = around.parentElement) {
        const edge = around.getBoundingClientRect();
        const isCut = Math.min(box.left - edge.left, edge.right - box.right, box.top - edge.top, edge.bottom - box.bottom) < reach - 0.5;
        if (getComputedStyle(around).overflowX !== "visible" && isCut) return `${around.className || around.tagName} cuts the ring around ${on.textContent.trim()}`;
      }
      return "";
    });
    if (cut === null) break;
    assert.equal(cut, "");
  }
  assert.ok(seen > 3, "there was something to go to");
}
