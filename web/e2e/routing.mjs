// A supervisor's day in a real browser, against a running `santra demo` without traffic to which one customer calls
// (e2e/routing_browser_test.go): why a call waits, a forced state, the agent's sentence of why, a queue that is closed in an
// emergency and opened again, a day's measures, a simulation in two configurations; an administrator gives a skill. Every new
// view at 320 and 1280 px with axe. Environment: check.mjs.
import { readFileSync } from "node:fs";
import { check, expect, logIn, open, userWith, visit, walkThrough } from "./check.mjs";

const patience = 60_000;
const button = (page, name) => page.getByRole("button", { name });
const queueName = process.env.SANTRA_QUEUE ?? "Pysäköinti";

/** An agent at a seat, on a break. */
async function sit(page) {
  await logIn(page, userWith("agent"));
  await page.locator(".seat:not([data-disabled])").first().click();
  await page.getByRole("heading", { level: 1, name: "Työpöytä" }).waitFor();
  await button(page, /^Tilasi/).click();
  await page.getByRole("menuitem", { name: /^Tauko: lounas/ }).click();
  await button(page, /^Tilasi: Tauko/).waitFor();
}

async function supervisor(page) {
  const desk = await open("agent");
  await sit(desk.page);
  const agent = await desk.page.locator(".account-name").textContent();
  await logIn(page, userWith("supervisor"));
  await button(page, "Jatka ilman työpistettä").click();
  await page.getByRole("heading", { name: "Tiimi" }).waitFor();
  await page.locator(".count-urgent").first().waitFor({ timeout: patience });
  await check(page, "supervisor");
  await waiting(page);
  await force(page, agent);
  await offered(desk.page);
  await desk.context.close();
  await closing(page);
}

/** What waits is explained, without a word about the customer. */
async function waiting(page) {
  await button(page, `Tiedot: ${queueName}`).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator(".waiting > li").first().waitFor();
  const text = await dialog.locator(".waiting").textContent();
  expect(`the waiting call is explained (${text})`, /Puhelu.*odottanut.*Voisi ottaa: .*tauko 1/s.test(text));
  expect("without a number", !/\d{4}/.test(text));
  await check(page, "queue-details");
  await close(page);
}

async function force(page, agent) {
  await button(page, `Vaihda tila: ${agent}`).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /Uusi tila/ }).click();
  await page.getByRole("option", { name: "Valmis" }).click();
  await check(page, "force-state");
  await dialog.getByRole("button", { name: "Vaihda tila" }).click();
  expect("a reason is asked for", await dialog.isVisible());
  await dialog.getByRole("textbox", { name: "Miksi" }).fill("Ruuhka, sovittu puhelimessa");
  await dialog.getByRole("button", { name: "Vaihda tila" }).click();
  await dialog.waitFor({ state: "detached" });
}

/** The agent is ready, the call comes, and one sentence says why. */
async function offered(page) {
  await button(page, /^Vastaa/).waitFor({ timeout: patience });
  await page.locator(".call-why").waitFor();
  const why = await page.locator(".call-why").textContent();
  expect(`why it came is said (${why})`, /^Sinulle, koska /.test(why));
  await check(page, "offer-why");
  await page.getByRole("button", { name: "Svenska" }).click();
  await page.getByText(/^Till dig, eftersom /).waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByText(/^Offered to you because /).waitFor();
  await page.getByRole("button", { name: "Suomi" }).click();
  await button(page, "Hylkää").click({ timeout: 5000 }).catch(() => undefined); // it may have stopped ringing meanwhile
}

async function closing(page) {
  await button(page, `Tiedot: ${queueName}`).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Perustelu" }).fill("Sähkökatko");
  await dialog.getByRole("button", { name: "Sulje jono …" }).click();
  await check(page, "closing-confirm");
  await dialog.getByRole("button", { name: "Älä sulje" }).click();
  await dialog.getByRole("textbox", { name: "Perustelu" }).fill("Sähkökatko");
  await dialog.getByRole("button", { name: "Sulje jono …" }).click();
  await dialog.getByRole("button", { name: "Sulje jono", exact: true }).click();
  await dialog.getByText("Perustelu: Sähkökatko").waitFor();
  await check(page, "closed");
  await close(page);
  await page.getByText(/Suljettu poikkeuksellisesti/).first().waitFor();
  await page.goto(new URL("/wallboard", page.url()).href);
  await page.locator(".board-closed").first().waitFor();
  await check(page, "wallboard-closed");
  await page.goto(new URL("/", page.url()).href);
  await button(page, "Jatka ilman työpistettä").click({ timeout: 3000 }).catch(() => undefined);
  await button(page, `Tiedot: ${queueName}`).click();
  await dialog.getByRole("button", { name: "Avaa jono uudelleen" }).click();
  await dialog.getByRole("button", { name: "Sulje jono …" }).waitFor();
  await close(page);
}

const close = async (page) => {
  await button(page, "Sulje ikkuna").click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
};

async function measures(page) {
  await logIn(page, userWith("supervisor"));
  await visit(page, "Tunnusluvut", "Tunnusluvut");
  await page.locator(".plot, .empty, .notice-error").first().waitFor();
  expect("the day is measured", await page.locator(".plot").first().isVisible());
  await check(page, "measures");
  if (await page.locator(".plot").count()) await read(page, "Puhelut");
  const file = page.waitForEvent("download");
  await page.getByRole("link", { name: "Puolitunnit CSV-tiedostona" }).click();
  const text = readFileSync(await (await file).path(), "utf8");
  expect(`the table has a header (${text.split("\n")[0].slice(0, 60)})`, /offered/.test(text.split("\n")[0]));
}

/** The values of a plot by keyboard alone. */
async function read(page, name) {
  const plot = page.getByRole("slider", { name: `${name}: puolituntinen` });
  await plot.focus();
  await page.keyboard.press("Home");
  const first = await plot.getAttribute("aria-valuetext");
  await page.keyboard.press("End");
  const last = await plot.getAttribute("aria-valuetext");
  expect(`a plot is read by keyboard (${first}; ${last})`, /^\d+\.\d\d: .*\d/.test(first));
}

async function simulation(page) {
  await logIn(page, userWith("supervisor"));
  await visit(page, "Simulointi", "Simulointi");
  await check(page, "simulation");
  await page.getByRole("textbox", { name: "Asiakaspalvelijoita työssä" }).fill("7");
  await page.getByText("Etsi myös, montako").click();
  await button(page, "Simuloi").click();
  await page.locator(".plot, .notice-error").first().waitFor({ timeout: patience });
  expect("the day is simulated", await page.getByRole("heading", { name: "Puolitunneittain", exact: true }).isVisible());
  expect("two configurations stand side by side", await page.getByRole("columnheader", { name: "−2 henkilöä" }).first().isVisible());
  await check(page, "simulated");
  await read(page, "Palvelutaso");
  const file = page.waitForEvent("download");
  await button(page, "Lataa CSV-tiedostona").click();
  const lines = readFileSync(await (await file).path(), "utf8").trim().split("\r\n");
  expect(`the table has both (${lines.length} lines)`, lines.some((l) => l.startsWith("Suunnitelma,")) && lines.some((l) => l.includes("−2 henkilöä")));
  await page.getByText("Vuoroissa").click();
  await button(page, "Lisää vuoro").click();
  await page.getByText("Mitattujen lukujen mukaan").click();
  await check(page, "simulation-shifts");
}

async function administrator(page) {
  await logIn(page, userWith("administrator"));
  await visit(page, "Henkilöt", "Henkilöt ja koulutus");
  await check(page, "people-skills");
  await button(page, /^Osaaminen: /).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Muu taito" }).click();
  await dialog.getByRole("button", { name: "Tallenna" }).click();
  await dialog.getByText("Tarkista tämä.").first().waitFor();
  await check(page, "skills");
  await dialog.getByRole("textbox", { name: "Taito" }).last().fill("kartat");
  await dialog.getByRole("textbox", { name: /^Taso/ }).last().fill("3");
  await dialog.getByRole("button", { name: "Tallenna" }).click();
  await dialog.waitFor({ state: "detached" });
  expect("the skill is shown", await page.getByText("kartat 3").first().isVisible());
}

await walkThrough({ supervisor, measures, simulation, administrator });
