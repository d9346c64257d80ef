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

/** Keeps how the page was answered, and what goes wrong on it, for `look` to see. */
function watch(page) {
  page.troubles = [];
  page.on("response", (answer) => {
    if (answer.frame() === page.mainFrame() && answer.request().isNavigationRequest()) page.status = answer.status();
  });
  page.on("pageerror", (error) => page.troubles.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // A form that comes back with what is wrong answers 4xx, and where there is no signal there is no answer: Chromium writes both to its console.
    const isExpected = /Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_INTERNET_DISCONNECTED)/.test(message.text());
    if (message.type() === "error" && !isExpected) page.troubles.push(`console: ${message.text()}`);
  });
}

/** For somebody at a desk. */
export const atDesk = { viewport: DESK };

/** Takes the page's picture at both widths in both schemes, lets axe look at each, and measures what stands on it. */
export async function look(page, name, viewports = [PHONE, DESK]) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  // What sticks to the lower edge of the window would stand in the middle of the picture, over what is measured.
  const stand = (position) => page.locator(".basket").evaluateAll((bars, position) => bars.forEach((bar) => { bar.style.position = position; }), position);
  await stand("static");
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
  await stand("");
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: "light" });
  assert.deepEqual(page.troubles, [], `${name}: troubles on the page`);
}

async function assertAccessible(page, name) {
  // Half a megabyte: once for each page.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const options = { runOnly: { type: "tag", values: RULES }, resultTypes: ["violations"] };
  const { violations } = await page.evaluate((options) => window.axe.run(document, options), options);
  const lines = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.target.join(" ")).join("\n    ")}`);
  assert.equal(lines.length, 0, `${name}: not accessible to everybody\n  ${lines.join("\n  ")}`);
}

/** Nothing is wider than the window, cut off, written over something else, or too small for a thumb. */
export async function assertFits(page, name) {
  const { width, window, wrong } = await page.evaluate(measure);
  assert.ok(width <= window, `${name}: the page is ${width} px wide in a window of ${window} px`);
  assert.deepEqual(wrong, [], `${name}: not wholly to be seen, or too small`);
}

/** Runs in the page. */
function measure() {
  const TARGET_PX = 44;
  const window = document.documentElement.clientWidth;
  const wrong = new Set();
  const called = (one) => (one.innerText || one.textContent || one.id).trim().slice(0, 60);
  const isForEyes = (one) => {
    for (let at = one; at !== document.body; at = at.parentElement) if (getComputedStyle(at).clipPath !== "none" || at.matches(".skip")) return false;
    return one.checkVisibility({ visibilityProperty: true });
  };

  // What is written: each line of it, within the window and within everything around it. The menu may be pushed along.
  const lines = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || holder.matches("option, script, textarea") || holder.closest(".chips") || !isForEyes(holder)) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    for (const box of range.getClientRects()) {
      if (box.left < -1 || box.right > window + 1) wrong.add(`outside: ${called(holder)}`);
      let isShown = true;
      for (let at = holder; at !== document.body; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.overflowX === "visible" && !at.matches("svg")) continue;
        const edge = at.getBoundingClientRect();
        // After three lines of a message there are three dots, on purpose.
        const isBelow = box.bottom > edge.bottom + 2;
        isShown = !(isBelow && style.webkitLineClamp !== "none");
        if (!isShown) break;
        if (isBelow || box.left < edge.left - 1 || box.right > edge.right + 1) wrong.add(`cut off: ${called(holder)}`);
      }
      if (isShown && !holder.closest("svg")) lines.push({ box, holder });
    }
  }
  for (const [at, one] of lines.entries()) {
    for (const other of lines.slice(at + 1)) {
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (one.holder !== other.holder && across > 2 && down > 5) wrong.add(`written over each other: ${called(one.holder)} and ${called(other.holder)}`);
    }
  }

  // What is pressed: wholly there, and as large as a thumb. A link in a sentence is as high as its line.
  for (const one of document.querySelectorAll("a, button, summary, select, textarea, input:not([type=hidden])")) {
    if (!isForEyes(one)) continue;
    const isChoice = one.matches("[type=radio], [type=checkbox]");
    // The link in a row is as large as the row, the label of a choice as large as the choice.
    const target = one.matches(".main") ? one.closest("tr, .row") : isChoice ? one.closest(".choice, .tick") : one;
    if (one.matches(".main") && getComputedStyle(target).position === "static") wrong.add(`is pressed beside its row, too: ${called(one)}`);
    const box = target.getBoundingClientRect();
    const sticksOut = box.right > window + 1 && !one.closest(".chips");
    if (sticksOut || (!one.matches("input, select, textarea") && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)) wrong.add(`sticks out: ${called(one)}`);
    const isInSentence = one.matches("a") && getComputedStyle(one).display === "inline" && one.parentElement.innerText.trim() !== one.innerText.trim();
    if (!isInSentence && Math.min(box.width, box.height) < TARGET_PX - 0.5) wrong.add(`too small to press: ${called(one)}, ${Math.round(box.width)} by ${Math.round(box.height)}`);
  }
  return { width: document.documentElement.scrollWidth, window, wrong: [...wrong] };
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
      const ringed = on.matches(".main") ? on.closest("tr, .row") : on;
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
