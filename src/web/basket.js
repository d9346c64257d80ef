"use strict";
// The basket on a phone that loses its signal. What is tapped is kept here until the counter has it, and an order that was sent is
// sent again, letter by letter, until there is an answer: the counter takes it once. Every page works without this file.

const PREFIX = "basket:";
const WAIT_SECONDS = [2, 5, 10, 15];
// Of everything that the page which stands in is made of.
const edition = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => new URL(one.href || one.src).searchParams.get("v")).join(".");
const whose = document.documentElement.dataset.basket;
const key = PREFIX + whose;

// What another account, or whoever used this phone before, left here is nobody's business. A page of nobody's leaves nothing,
// but for the one that stands in for pages that cannot be fetched.
const isOffline = "offline" in document.documentElement.dataset;
for (const name of Object.keys(localStorage)) {
  if (name.startsWith(PREFIX) && name !== key && !isOffline) localStorage.removeItem(name);
}

const kept = isOffline ? Object.keys(localStorage).find((name) => name.startsWith(PREFIX)) : whose && key;
if (kept) begin(kept);

function begin(place) {
  // wanted: by product, what was tapped and is not at the counter yet. order: what was sent and has no answer yet.
  // lines: the basket as it was last seen, for when no page can be fetched.
  const empty = { wanted: {}, order: null, lines: [], seenAt: null };
  const read = () => ({ ...empty, ...JSON.parse(localStorage.getItem(place) ?? "{}") });
  const change = (work) => {
    const state = read();
    work(state);
    localStorage.setItem(place, JSON.stringify(state));
    return state;
  };

  const says = document.getElementById("signal");
  const say = (text) => {
    if (says && says.textContent !== text) says.textContent = text;
  };
  const steppers = () => [...document.querySelectorAll(".stepper")];
  const field = (stepper) => stepper.querySelector("input[name^='q.']");
  const product = (stepper) => field(stepper).name.slice(2);
  const number = (text) => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : text.trim() === "" ? 0 : null);

  // ---- What is tapped.

  function want(stepper, quantity) {
    if (read().order) return;
    const name = stepper.dataset.name;
    change((state) => { state.wanted[product(stepper)] = { quantity, at: Date.now(), name }; });
    show();
    soon(400);
  }

  // As the counter steps: to the least first, from there by whole multiples, and below the least to none.
  function stepped(stepper, isMore) {
    const [least, step] = [Number(stepper.dataset.least), Number(stepper.dataset.step)];
    const first = Math.ceil(least / step) * step;
    const now = number(field(stepper).value) ?? 0;
    if (isMore) return now < first ? first : Math.min((Math.floor(now / step) + 1) * step, 999999);
    const next = (Math.ceil(now / step) - 1) * step;
    return next < first ? 0 : next;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".stepper button[name=less], .stepper button[name=more]");
    if (!button) return;
    event.preventDefault();
    const stepper = button.closest(".stepper");
    want(stepper, stepped(stepper, button.name === "more"));
  });
  document.addEventListener("change", (event) => {
    const stepper = event.target.closest(".stepper");
    const quantity = stepper && number(event.target.value);
    if (stepper && quantity !== null) want(stepper, quantity);
  });
  // The form with the steppers has nothing to send but what was tapped; without signal the page stays where it is.
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (form.getAttribute("action") === "/basket/lines" && !submitter?.name) {
      event.preventDefault();
      deliver();
    }
    if (form.matches("[data-sends-basket]")) {
      event.preventDefault();
      send(form);
    }
  });

  function show() {
    const { wanted, order } = read();
    for (const stepper of steppers()) {
      const edit = wanted[product(stepper)];
      if (edit) field(stepper).value = edit.quantity;
      stepper.classList.toggle("on", number(field(stepper).value) !== 0);
      for (const control of stepper.querySelectorAll("button, input")) control.disabled = Boolean(order);
    }
    for (const button of document.querySelectorAll("[data-sends-basket] button")) button.disabled = Boolean(order);
  }

  // ---- Bringing it to the counter.

  let timer;
  let failures = 0;
  let isUnderWay = false;
  let refused = [];

  function soon(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(deliver, milliseconds);
  }

  async function ask(method, path, body) {
    const answer = await fetch(path, {
      method, body: JSON.stringify(body), headers: { "content-type": "application/json" }, signal: AbortSignal.timeout(15000),
    });
    // What a gateway or a crowded counter says is no answer to what was asked.
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) throw new Error(answer.statusText);
    return { status: answer.status, said: await answer.json() };
  }

  function noSignal() {
    const { wanted, order } = read();
    const changes = Object.keys(wanted).length;
    const many = changes === 1 ? "1 change" : `${changes} changes`;
    say(order ? "No signal. Your order is not sent yet; it will be sent when you are back online." : changes ? `No signal. Kept on this device: ${many}.` : "");
    const seconds = WAIT_SECONDS[Math.min(failures++, WAIT_SECONDS.length - 1)];
    soon(seconds * 1000);
  }

  async function deliver() {
    if (isUnderWay) return;
    const { wanted, order } = read();
    if (!order && Object.keys(wanted).length === 0) return;
    isUnderWay = true;
    try {
      refused = [];
      const isThere = await bring(wanted);
      failures = 0;
      if (isThere) say(refused.join(" "));
      if (isThere && order) await submit();
      else if (isThere) await showCounted();
      if (Object.keys(read().wanted).length > 0) soon(100);
    } catch {
      noSignal();
    } finally {
      isUnderWay = false;
    }
  }

  // True when the counter has all that was tapped.
  async function bring(wanted) {
    const edits = Object.entries(wanted);
    if (edits.length === 0) return true;
    const age = (edit) => Math.max(0, Math.min(Math.round((Date.now() - edit.at) / 1000), 2592000));
    const body = { edits: edits.map(([id, edit]) => ({ product_id: id, quantity: edit.quantity, age_seconds: age(edit) })) };
    const { status, said } = await ask("PATCH", "/api/v1/basket", body);
    if (status === 401 || status === 403) {
      say("You are signed out. What was tapped here since is not in the basket.");
      return false;
    }
    // One that is not there any more must not keep the others; it is said on the page that comes.
    if (status !== 200 && edits.length > 1) {
      for (const one of edits) await bring(Object.fromEntries([one]));
      return true;
    }
    change((state) => {
      for (const [id, edit] of edits) if (state.wanted[id]?.at === edit.at) delete state.wanted[id];
      if (status !== 200) return;
      remember(state, said);
      if (state.order) Object.assign(state.order, { version: said.version, isSame: isSame(state.order, said) });
    });
    if (status !== 200) refused.push(...edits.map(([, edit]) => `${edit.name}: ${said.detail ?? said.title}`));
    return true;
  }

  function remember(state, said) {
    state.lines = said.lines.map(({ product_id: id, sku, name, quantity, total }) => ({ id, sku, name, quantity, total }));
    state.seenAt = Date.now();
  }

  // What the server counted takes the place of what stands on the page; what is being typed stays.
  async function showCounted() {
    if (isOffline || read().order) return;
    const text = await fetch(location.href).then((it) => it.text());
    const next = new DOMParser().parseFromString(text, "text/html");
    // A line that is gone, or the last of them: then all of the page is another one.
    if (next.querySelectorAll(".stepper").length !== steppers().length) return location.reload();
    for (const part of document.querySelectorAll("[data-counted]")) {
      const fresh = next.getElementById(part.id);
      if (!fresh) continue;
      const typed = [...part.querySelectorAll("[name=reference], [name=note], [name=day]")].map((it) => [it.name, it.value]);
      const focused = part.contains(document.activeElement) ? document.activeElement.name : "";
      part.replaceChildren(...fresh.childNodes);
      for (const [name, value] of typed) if (part.querySelector(`[name=${name}]`)) part.querySelector(`[name=${name}]`).value = value;
      if (focused) part.querySelector(`[name="${focused}"]`)?.focus();
    }
    show();
  }

  // ---- The order.

  function send(form) {
    const { submission_id, version, seen, day, reference, note } = Object.fromEntries(new FormData(form));
    const prices = seen.split(",").filter(Boolean).map((one) => one.split("="));
    const [method, on] = (day ?? "").split(":");
    const quantities = Object.fromEntries(steppers().map((stepper) => [product(stepper), number(field(stepper).value)]));
    const order = {
      submission_id, version: Number(version), seen: prices.map(([id, minor]) => ({ product_id: id, minor: Number(minor) })),
      method, day: on, reference, note, quantities, body: null, isSame: true,
    };
    change((state) => { state.order = order; });
    show();
    say("Sending your order …");
    deliver();
  }

  // Whether what lies in the basket is what was on the screen when it was sent.
  function isSame({ quantities }, said) {
    const there = Object.fromEntries(said.lines.map((line) => [line.product_id, line.quantity]));
    const wanted = Object.entries(quantities).filter(([, quantity]) => quantity !== 0);
    return wanted.length === said.lines.length && wanted.every(([id, quantity]) => there[id] === quantity);
  }

  function frozen({ submission_id, version, seen, method, day, reference, note }) {
    const when = method ? { method, day } : {};
    return { submission_id, version, seen, ...when, reference: reference ?? "", note: note ?? "" };
  }

  async function submit() {
    const { order } = change((state) => {
      if (state.order?.isSame) state.order.body ??= frozen(state.order);
    });
    if (!order) return;
    if (!order.isSame) return lookAgain();
    const { status, said } = await ask("POST", "/api/v1/basket/submission", order.body);
    if (status === 409 && said.type?.endsWith("in-flight")) throw new Error(said.title);
    if (status === 401 || status === 403) return say("You are signed out. Your order is not sent.");
    if (status !== 201) return lookAgain(order);
    change((state) => Object.assign(state, empty));
    say(`Sent as ${said.number}.`);
    location.assign(`/orders/${said.number}?done=sent`);
  }

  // It cannot be sent like this. The page of the basket says what is otherwise, and asks.
  function lookAgain(order) {
    change((state) => { state.order = null; });
    const form = document.querySelector("[data-sends-basket]");
    if (!form || !order) return location.assign("/basket");
    show();
    form.submit();
  }

  // ---- Where there is no page: the lines as they were last seen.

  function showKept() {
    const { lines, seenAt, wanted } = read();
    const added = Object.entries(wanted).filter(([id]) => !lines.some((line) => line.id === id)).map(([id, { name }]) => ({ id, name, sku: "", quantity: 0 }));
    const shown = [...lines, ...added].map((line) => ({ ...line, quantity: wanted[line.id]?.quantity ?? line.quantity })).filter(({ quantity }) => quantity > 0);
    for (const { name, sku, quantity } of shown) {
      const item = document.getElementById("kept-line").content.cloneNode(true);
      item.querySelector("strong").textContent = name;
      item.querySelector(".sku").textContent = sku;
      item.querySelector(".num").textContent = quantity;
      document.getElementById("kept").append(item);
    }
    document.getElementById("none").hidden = shown.length > 0;
    if (seenAt) document.getElementById("as-of").textContent = `As of ${new Date(seenAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  }

  if (isOffline) showKept();
  else if (location.pathname === "/basket") {
    fetch("/api/v1/basket").then((it) => it.json()).then((said) => change((state) => remember(state, said))).catch(() => {});
  }
  show();
  if (Object.keys(read().wanted).length > 0 || read().order) deliver();
  for (const occasion of ["online", "focus"]) addEventListener(occasion, () => deliver());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) deliver(); });
  addEventListener("storage", (event) => { if (event.key === place) show(); });
  if (!isOffline) navigator.serviceWorker?.register(`/sw.js?v=${edition}`).catch(() => {});
}
