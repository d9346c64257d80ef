"use strict";
// Every page works without this file; it only saves waiting, typing and double taps.

const forms = (selector) => document.querySelectorAll(selector);

// A private page restored from the back/forward cache may belong to whoever used this phone before.
addEventListener("pageshow", (event) => {
  if (event.persisted && "private" in document.documentElement.dataset) location.reload();
  for (const button of forms("button[data-sent]")) release(button);
});

function release(button) {
  button.disabled = false;
  delete button.dataset.sent;
}

// One tap, one request. Where the network swallows it, the button comes back by itself.
addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  setTimeout(() => {
    if (event.defaultPrevented) return;
    for (const button of event.target.querySelectorAll("button:enabled")) {
      button.disabled = true;
      button.dataset.sent = "";
      setTimeout(release, 10000, button);
    }
  });
});

// On a phone the menu may be longer than the screen: where one is stays in sight.
for (const menu of forms("nav.chips")) {
  const here = menu.querySelector("[aria-current]");
  if (here) menu.scrollLeft = here.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
}

// What is on the page, on paper.
for (const button of forms("button[data-print]")) button.addEventListener("click", () => print());

// A colour is typed or picked: either shows what the other says.
for (const picker of forms("input[data-picks]")) {
  const typed = document.getElementById(picker.dataset.picks);
  picker.addEventListener("input", () => { typed.value = picker.value; });
  typed.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(typed.value)) picker.value = typed.value;
  });
}

// "Send it again" waits as long as the server would make it wait.
for (const button of forms("button[data-resend-in]")) {
  const words = button.textContent;
  const ready = Date.now() + Number(button.dataset.resendIn) * 1000;
  const tick = () => {
    const seconds = Math.ceil((ready - Date.now()) / 1000);
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? `${words} in ${seconds} s` : words;
    if (seconds > 0) setTimeout(tick, 500);
  };
  tick();
}

// Whether an address is free is said while it is typed; the server has the last word when the form is sent.
const wanted = document.querySelector("input[data-availability]");
if (wanted) {
  const state = document.getElementById("subdomain-state");
  let asked = 0;
  wanted.addEventListener("input", () => {
    const turn = ++asked;
    const name = wanted.value.trim().toLowerCase();
    state.textContent = "";
    if (!name) return;
    setTimeout(async () => {
      if (turn !== asked) return;
      const answer = await fetch(wanted.dataset.availability + encodeURIComponent(name)).then((it) => it.json()).catch(() => null);
      if (turn === asked && answer) state.textContent = answer.available ? `${name} is free.` : answer.detail;
    }, 300);
  });
}

// What has come meanwhile appears by itself.
const fresh = document.querySelector("[data-pulse]");
if (fresh) {
  setInterval(async () => {
    if (document.hidden) return;
    const beat = await fetch(fresh.dataset.pulse).then((it) => it.json()).catch(() => null);
    if (!beat?.state || beat.state === fresh.dataset.state) return;
    const text = await fetch(location.href).then((it) => it.text()).catch(() => "");
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.querySelector("[data-pulse]");
    if (!next) return;
    fresh.replaceChildren(...next.childNodes);
    fresh.dataset.state = next.dataset.state;
    // How many there are stands in the menus, too.
    for (const menu of forms("nav.chips")) {
      const now = page.querySelector(`nav[aria-label="${menu.ariaLabel}"]`);
      const { scrollLeft } = menu;
      if (now && !menu.contains(document.activeElement)) menu.replaceChildren(...now.childNodes);
      menu.scrollLeft = scrollLeft;
    }
  }, 10000);
}

// A passkey is asked of the device, and what it answers goes with the form; without this file the form says that it cannot.
for (const form of forms("form[data-passkey]")) {
  const { challenge, credential } = form.elements;
  const state = form.querySelector("[role=status]");
  addEventListener("pageshow", () => { credential.value = ""; });
  form.addEventListener("submit", async (event) => {
    if (credential.value || !window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
    event.preventDefault();
    state.textContent = "";
    try {
      const asked = await fetch(form.dataset.passkey, { method: "POST" });
      const question = await asked.json();
      if (!asked.ok) throw new Error(question.detail);
      const made = "makes" in form.dataset
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question.options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question.options) });
      challenge.value = question.id;
      credential.value = JSON.stringify(made);
      form.requestSubmit();
    } catch (error) {
      // Browsers say the same of every reason why not: nobody may learn from it which passkeys there are.
      state.textContent = error.name === "InvalidStateError"
        ? "This device has a passkey for here already."
        : error.name === "NotAllowedError" ? "No passkey was used: it was called off, or there is none for this address." : error.message;
    }
  });
}

// The phone hands over the code from the text message, where it can and its owner agrees.
const code = document.querySelector("input[data-from-sms]");
if (code && "OTPCredential" in window) {
  const waiting = new AbortController();
  code.form.addEventListener("submit", () => waiting.abort());
  navigator.credentials
    .get({ otp: { transport: ["sms"] }, signal: waiting.signal })
    .then((message) => {
      if (!message || code.value) return;
      code.value = message.code;
      code.form.requestSubmit();
    })
    .catch(() => {});
}

// Where codes are scarce, the browser computes for one, and the form goes by itself (ALTCHA, version 2).
const work = document.querySelector("form[data-work]");
if (work && window.crypto?.subtle) {
  const state = work.querySelector("[role=status]");
  const button = work.querySelector("button");
  state.textContent = "Computing. Your code is asked for by itself in a few seconds.";
  button.disabled = true;
  solve(JSON.parse(work.dataset.work)).then((proof) => {
    work.elements.proof_of_work.value = proof;
    button.disabled = false;
    work.requestSubmit();
  });
}

async function solve(challenge) {
  const { cost, keyLength, keyPrefix, nonce, salt } = challenge.parameters;
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const method = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  const end = new DataView(password.buffer, password.length - 4);
  for (let counter = 0; ; counter++) {
    end.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits(method, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
}
