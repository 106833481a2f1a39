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
  await button(page, /^Tilasi: Tauko: lounas/).waitFor();
  await check(page, "break-reason");
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

/** Seven days, a row for each; then the callbacks among them. */
async function week(page) {
  await logIn(page, userWith("supervisor"));
  await visit(page, "Tunnusluvut", "Tunnusluvut");
  await button(page, "Seitsemän päivää").click();
  await page.getByRole("heading", { name: "Päivittäin", exact: true }).waitFor();
  expect("a row for each day", (await page.getByRole("region", { name: "Palvelutaso: taulukko" }).locator("tbody tr").count()) === 7);
  const target = await page.locator(".plot-legend", { hasText: "Tavoite 80" }).first().textContent();
  expect(`the legend names share and time (${target})`, /Tavoite 80\s%, vastausaika enintään \d+/.test(target));
  await check(page, "measures-days");
  await button(page, /Kuvaajien kanava/).click();
  await page.getByRole("option", { name: "Takaisinsoitot" }).click();
  await page.getByRole("heading", { name: "Takaisinsoitot", exact: true }).first().waitFor();
  await check(page, "measures-callbacks");
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

/** Calls by half-hours, pasted with a mistake and then from a file; three shifts, one of which changes; notes in Finnish. */
async function planned(page) {
  await logIn(page, userWith("supervisor"));
  await visit(page, "Simulointi", "Simulointi");
  await page.getByRole("textbox", { name: "Päivä" }).fill(`${new Date().getFullYear() + 1}-12-25`);
  await page.getByText("Tiedostosta puolitunneittain").click();
  const csv = page.getByRole("textbox", { name: "Puhelut CSV-muodossa" });
  await csv.fill("from,calls,queue\n08:10,5,pysakointi\n09:00,monta,pysakointi\n09:00,5,olematon");
  await page.getByText(/^Rivi 2: from: /).waitFor();
  expect("errors are told by row", (await page.getByText(/^Rivi [234]: /).count()) === 3);
  await check(page, "simulation-csv-faults");
  const rows = Array.from({ length: 12 }, (_, i) => `${String(8 + Math.floor(i / 2)).padStart(2, "0")}:${i % 2 ? "30" : "00"};${10 + i};pysakointi`);
  const chooser = page.waitForEvent("filechooser");
  await button(page, "Valitse tiedosto").click();
  await (await chooser).setFiles({ name: "calls.csv", mimeType: "text/csv", buffer: Buffer.from(`from;calls;queue\r\n${rows.join("\r\n")}\r\n`) });
  await page.getByText("Pysäköinti: 186 puhelua").waitFor();
  await page.getByText("Vuoroissa").click();
  await button(page, "Lisää vuoro").click();
  await button(page, /Missä vuorossa/).click();
  await page.getByRole("option", { name: /^Vuoro 2: 10\.00–14\.00/ }).click();
  const change = page.getByRole("textbox", { name: "Muutos asiakaspalvelijoissa" });
  await change.fill("-3"); // of two
  await button(page, "Simuloi").click();
  await page.getByText("Tarkista luku.").first().waitFor();
  await change.fill("-2");
  await check(page, "simulation-file");
  await button(page, "Simuloi").click();
  await page.locator(".plot").first().waitFor({ timeout: patience });
  await page.getByText("Mitä oletettiin").click();
  const notes = await page.locator("details", { hasText: "Mitä oletettiin" }).textContent();
  expect(`what was assumed is said in Finnish (${notes})`, /25\.12\.\d+ on pyhäpäivä: joulupäivä/i.test(notes));
  await check(page, "simulated-file");
}

/** When the last who can a skill has lost it, the supervisor's wallboard says so. */
async function lacking(page) {
  await logIn(page, userWith("administrator"));
  await page.evaluate(async () => {
    const { people } = await (await fetch("/api/people")).json();
    for (const p of people) {
      const skills = p.skills.filter((s) => s.id !== "pysakointi");
      await fetch(`/api/people/${p.id}`, { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ skills }) });
    }
  });
  const { page: wall, context } = await open("wallboard");
  await logIn(wall, userWith("supervisor"));
  await wall.goto(new URL("/wallboard", wall.url()).href);
  await wall.getByText(/^Kukaan ei osaa: pysäköinti/).waitFor({ timeout: patience });
  const target = await wall.locator(".measure", { hasText: "Palvelutaso" }).locator(".measure-target").textContent();
  expect(`the target is the queues' own (${target})`, /Tavoite 80\s%, vastausaika enintään \d+/.test(target));
  await check(wall, "wallboard-lacks");
  await context.close();
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

await walkThrough({ supervisor, measures, week, simulation, planned, administrator, lacking });
