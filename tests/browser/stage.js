// What every file of tests begins with: a demo of its own, and a browser; both end with the file.
import { after, test as nodeTest } from "node:test";

import { launch, newPerson } from "./browser.js";
import { startDemo } from "./server.js";

const LIMIT = { timeout: 180_000 };

/** `name` is for the log and the data of this file's demo; `launching` is what `launch` takes; `environment` is laid over the demo's. */
export async function open(name, launching, environment) {
  const [demo, browser] = await Promise.all([startDemo(name, environment), launch(launching)]);
  after(async () => {
    await browser.close();
    await demo.stop();
  }, LIMIT);
  return { demo, newPerson: (options) => newPerson(browser, options) };
}

/** A test that ends, whatever happens. */
export const test = (name, work) => nodeTest(name, LIMIT, work);
