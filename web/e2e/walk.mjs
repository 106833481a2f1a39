// Walks the desktop in a real browser: log-in, seat, every page of every role, at 320 and 1280 px, in Finnish, with axe on
// each; then the languages, the keyboard and what a call looks like. Fails on any axe finding, sideways scrolling, refused
// script or style, or page error. Environment: check.mjs.
import { base, check, fail, logIn, ready, userWith, visit, walkThrough } from "./check.mjs";

const mock = (page, what, data) => page.request.post(`${base}/mock/${what}`, data && { data });

async function agent(page) {
  await page.goto(base);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await check(page, "login");
  const lang = await page.evaluate(() => document.documentElement.lang);
  if (lang !== "fi") fail("login", `html lang is ${lang}`);
  await logIn(page, userWith("agent"));
  await page.getByRole("heading", { name: "Työn aloitus" }).waitFor();
  await microphone(page);
  await check(page, "seat");
  await page.locator(".seat:not([data-disabled])").first().click();
  await page.getByRole("heading", { level: 1, name: "Työpöytä" }).waitFor();
  await page.getByRole("button", { name: /^Tilasi/ }).click();
  await page.getByRole("menuitem", { name: "Tauko", exact: true }).click();
  await page.getByRole("button", { name: /^Tilasi: Tauko/ }).waitFor();
  await check(page, "desktop");
  if (ready.mock) await mockCall(page);
  await shortcuts(page);
  await mail(page);
  await otherLanguages(page);
  await page.getByRole("button", { name: /Konto|Käyttäjätili|Account/ }).click();
  await page.getByRole("menuitem").last().click();
  await page.locator(".login").waitFor();
}

async function microphone(page) {
  await page.getByRole("button", { name: "Tarkista mikrofoni" }).click();
  await page.getByRole("meter").waitFor();
  await page.waitForTimeout(1200);
  await check(page, "microphone");
  await page.getByRole("button", { name: "Lopeta tarkistus" }).click();
}

async function mockCall(page) {
  await mock(page, "call");
  await page.getByRole("button", { name: "Vastaa" }).waitFor();
  await check(page, "call-offered");
  await mock(page, "talk");
  await page.getByRole("button", { name: "Lopeta puhelu" }).waitFor();
  await page.getByRole("button", { name: "Näppäimet" }).click();
  await check(page, "call-talking");
  await page.getByRole("button", { name: "Pitoon" }).click();
  await page.getByRole("button", { name: "Jatka puhelua" }).waitFor();
  await page.getByRole("button", { name: "Lopeta puhelu" }).click();
  await page.getByRole("button", { name: "Tallenna ja valmis" }).waitFor();
  await check(page, "wrap-up");
  await seldomSeen(page);
  await mock(page, "away");
  await page.getByRole("button", { name: "Palaa valmiiksi" }).waitFor();
  await check(page, "not-answering");
  await page.getByRole("button", { name: "Palaa valmiiksi" }).click();
}

/** What seldom happens, as the centre would tell it. */
const seldom = {
  "call-dialling": [{ state: "dialling", direction: "out" }],
  "call-informing": [{ state: "informing", direction: "out" }],
  "call-112": [{ direction: "out", emergency: true, recording: "none", location: "Työpajankatu 8, 3. krs, itäsiipi" }, { id: "beside", state: "held" }],
  "call-112-no-place": [{ direction: "out", emergency: true, recording: "none" }],
  "consult-112": [{ state: "held", consult: { stage: "talking", kind: "number", name: "", outside: true, emergency: true }, location: "Työpajankatu 8, 3. krs" }],
  "consult-announcing": [{ consult: { stage: "announcing", kind: "number", name: "", outside: true, emergency: false } }],
  "consult-failed": [{ state: "held", failed: "busy" }],
  "call-barged": [{ supervised: "barge", recording: "off" }],
  "wrap-up-failed": [{ state: "wrap_up", direction: "out", failed: "no_answer" }],
};

async function seldomSeen(page) {
  for (const [name, calls] of Object.entries(seldom)) {
    await mock(page, "calls", { calls });
    await page.waitForTimeout(900);
    await page.locator(".quality summary").click({ timeout: 200 }).catch(() => undefined);
    await check(page, name);
  }
}

async function shortcuts(page) {
  await page.getByRole("heading", { level: 1 }).first().focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await check(page, "shortcuts");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function mail(page) {
  await visit(page, "Sähköposti", "Sähköposti");
  await check(page, "mail");
  const first = page.locator(".case-link").first();
  if (!(await first.count())) return;
  await first.click();
  await page.locator(".case, .notice").first().waitFor();
  await page.waitForTimeout(500);
  if (await page.getByRole("button", { name: "Ota käsittelyyn" }).count()) {
    await page.getByRole("button", { name: "Ota käsittelyyn" }).click();
    await page.waitForTimeout(500);
  }
  const reply = page.getByRole("textbox", { name: "Viesti" });
  if (await reply.count()) {
    await reply.fill("Hei,\n\nkiitos viestistänne. Tarkistamme asian.\n\nTerveisin\nKaupungin palvelukeskus");
    await page.getByText("Luonnos tallennettu").waitFor({ timeout: 4000 });
  }
  await check(page, "case");
}

async function otherLanguages(page) {
  for (const [name, lang] of [["Svenska", "sv"], ["English", "en"]]) {
    await page.getByRole("button", { name, exact: true }).click();
    await page.waitForFunction((l) => document.documentElement.lang === l, lang);
    await page.getByRole("navigation").getByRole("link").first().click();
    await page.waitForTimeout(400);
    await check(page, `desktop-${lang}`);
  }
}

async function manager(page) {
  await logIn(page, userWith("manager"));
  await visit(page, "Tallenteet", "Tallenteet");
  await check(page, "recordings");
  await purpose(page, "recordings-purpose");
  await page.getByRole("button", { name: "Hae" }).click();
  await page.waitForTimeout(900);
  await check(page, "recordings-found");
  const listen = page.getByRole("button", { name: /^Kuuntele/ }).first();
  if (await listen.count()) await player(page, listen);
  await visit(page, "Arkisto", "Arkisto");
  await purpose(page, "archive-purpose");
  await page.getByRole("button", { name: "Hae" }).click();
  await page.waitForTimeout(900);
  await check(page, "archive-found");
  const read = page.getByRole("button", { name: /^Avaa/ }).first();
  if (!(await read.count())) return;
  await read.click();
  await page.locator(".dialog .message-body, .dialog .notice").first().waitFor();
  await check(page, "archive-message");
}

async function player(page, listen) {
  await listen.click();
  await page.getByRole("button", { name: "Avaa tallenne" }).click();
  await page.locator(".player, .dialog .notice-error").first().waitFor();
  await page.waitForTimeout(700);
  await check(page, "player");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Sulje ikkuna" }).click({ timeout: 1000 }).catch(() => undefined);
}

/** States a purpose: the first of each list, with a reason. */
async function purpose(page, name) {
  await page.getByRole("button", { name: "Ilmoita käyttötarkoitus" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await check(page, name);
  for (const label of [/Tilaaja/, /Käyttötarkoitus/]) {
    await dialog.getByRole("button", { name: label }).click();
    await page.getByRole("option").first().click();
  }
  await dialog.getByRole("textbox", { name: "Perustelu" }).fill("Pyyntö 2026/118");
  await dialog.getByRole("button", { name: "Jatka" }).click();
  await dialog.waitFor({ state: "detached" });
}

async function supervisor(page) {
  await logIn(page, userWith("supervisor"));
  await page.getByRole("button", { name: "Jatka ilman työpistettä" }).click({ timeout: 5000 }).catch(() => undefined);
  await page.getByRole("heading", { name: "Tiimi" }).waitFor();
  await check(page, "team");
  await visit(page, "Puhelut", "Puhelut");
  await check(page, "calls");
  await visit(page, "Tunnusluvut", "Tunnusluvut");
  await check(page, "measures");
  await visit(page, "Simulointi", "Simulointi");
  await check(page, "simulation");
  await page.goto(`${base}/wallboard`);
  await page.locator(".measure").first().waitFor();
  await page.waitForTimeout(600);
  await check(page, "wallboard");
}

async function privacyOfficer(page) {
  await logIn(page, userWith("privacy_officer"));
  await visit(page, "Loki", "Loki");
  await check(page, "log");
  await visit(page, "Lupaukset", "Lupaukset");
  await page.getByRole("button", { name: "Tarkista lupaukset" }).click();
  await page.locator(".promises, .notice-error").first().waitFor({ timeout: 60_000 });
  await check(page, "promises");
}

async function controller(page) {
  await logIn(page, userWith("controller") ?? userWith("privacy_officer"));
  await visit(page, "Kuunteluoikeudet", "Kuunteluoikeudet");
  await check(page, "grants");
}

async function administrator(page) {
  await logIn(page, userWith("administrator"));
  await visit(page, "Henkilöt", "Henkilöt ja koulutus");
  await check(page, "people");
  await page.getByRole("button", { name: "Lisää henkilö" }).click();
  await page.getByRole("dialog").waitFor();
  await check(page, "person-new");
}

await walkThrough({ agent, manager, supervisor, privacyOfficer, controller, administrator });
