// Walks the pages for what people manage of the telephone, against `santra demo`: flows and a made-up call, a prompt that is handed
// in, listened to, chosen and removed, callbacks and outcomes. At 320 and 1280 px, in Finnish, with axe on each; the other languages
// as well. Callbacks, outcomes and sums of calls are played by the walk: it has no callers. Environment: check.mjs.
import { base, check, expect, logIn, userWith, visit, walkThrough } from "./check.mjs";

const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

/** A WAV file of a tone: 8 kHz, 16 bits, mono. */
function tone(seconds) {
  const samples = Math.round(seconds * 8000);
  const file = Buffer.alloc(44 + 2 * samples);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + 2 * samples, 4);
  file.write("WAVEfmt ", 8);
  [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, 8000, 4], [28, 16_000, 4], [32, 2, 2], [34, 16, 2], [40, 2 * samples, 4]].forEach(([at, value, size]) => file.writeUIntLE(value, at, size));
  file.write("data", 36);
  for (let i = 0; i < samples; i++) file.writeInt16LE(Math.round(6000 * Math.sin((i * 2 * Math.PI * 440) / 8000)), 44 + 2 * i);
  return file;
}

async function owed(page) {
  const { queues } = await (await page.request.get(`${base}/api/city`)).json();
  const one = (id, more) => ({ id, queue: queues[0].id, agency: queues[0].agency, language: "fi", state: "waiting", agent: "", requested: ago(90), until: ago(-60), expires: ago(-1200), tries: 0, overdue: false, ...more });
  const callbacks = [one("a", { until: ago(5), overdue: true, tries: 1 }), one("b", { language: "sv" }), one("c", { state: "opened", agent: "p" }), one("d", { tries: 2, not_before: ago(-10) })];
  const answer = { callbacks, counts: { waiting: 3, opened: 1, overdue: 1, oldest: ago(90) }, server_time: new Date().toISOString() };
  await page.route("**/api/callbacks", (r) => r.fulfill({ json: answer }));
  const outcomes = ["neuvottu", "ohjattu"].map((id, i) => ({ id, name: { fi: ["Neuvottu", "Ohjattu muualle"][i], sv: "x", en: "y" }, agencies: [] }));
  await page.route("**/api/city", async (r) => r.fulfill({ json: { ...(await (await r.fetch()).json()), outcomes } }));
  const row = (code, n, hidden) => ({ queue: queues[0].id, start: ago(600), code, n, hidden });
  await page.route("**/api/outcomes?*", (r) => r.fulfill({ json: { rows: [row("neuvottu", 41, false), row("ohjattu", 0, true)], time_zone: "Europe/Helsinki" } }));
  await sums(page, queues[0]);
}

/** How calls sounded in three half-hours, one of them badly, and calls that came into no queue. */
async function sums(page, { id: queue, agency, number }) {
  const half = (n) => new Date(Math.floor(Date.now() / 1_800_000 - n) * 1_800_000).toISOString();
  const span = (n) => ({ from: half(n), to: half(n - 1) });
  const leg = (n, line, band, legs, mos, classes) => ({ queue, agency, line, band, ...span(n), legs, mos, loss: 0.004, jitter_seconds: 0.0036, classes });
  const sound = [leg(2, "trunk", "narrow", 12, 4.38, [12, 0, 0, 0, 0]), leg(2, "browser", "wide", 8, 4.1, [6, 1, 1, 0, 0]), leg(1, "trunk", "narrow", 10, 4.31, [8, 2, 0, 0, 0]), leg(1, "browser", "wide", 9, 3.1, [1, 2, 1, 3, 2]), leg(0, "telephone", "narrow", 4, 4.4, [4, 0, 0, 0, 0])];
  await page.route("**/api/measures/sound?*", (r) => r.fulfill({ json: { rows: sound, time_zone: "Europe/Helsinki" } }));
  const ends = (of, flow, more) => ({ number: of, flow, agency, ...span(0), calls: 0, hung_up: 0, closed: 0, said: 0, promised: 0, connected: 0, failed: 0, ...more });
  const unqueued = [ends(number, `queue-${queue}`, { calls: 7, hung_up: 7 }), ends("+358931099999", "vaihde", { calls: 31, hung_up: 9, closed: 12, said: 4, promised: 3, connected: 2, failed: 1 })];
  await page.route("**/api/measures/unqueued?*", (r) => r.fulfill({ json: { rows: unqueued, time_zone: "Europe/Helsinki" } }));
}

/** The sums as a supervisor reads them: drawn, read by keyboard, in tables. */
async function sounded(page) {
  const plot = page.getByRole("slider", { name: "Äänen laatu: puolituntinen" });
  await plot.focus();
  await page.keyboard.press("Home");
  const first = await plot.getAttribute("aria-valuetext");
  expect(`the sound of a half-hour is read by keyboard (${first})`, /Puhelinverkko 4,38.*Selaimet 4,10/.test(first));
  const table = page.getByRole("region", { name: "Miltä puhelut kuulostivat jonoittain: taulukko" });
  expect("a connection that sounded badly stands out", (await table.getByText("29 %").count()) === 1);
  const others = page.getByRole("region", { name: "Puhelut, jotka eivät tulleet jonoon: taulukko" });
  expect("calls without a queue stand by number, the most first", /99999.*31/s.test(await others.locator("tbody tr").first().textContent()));
}

async function supervisor(page) {
  await logIn(page, userWith("supervisor"));
  await page.getByRole("button", { name: "Jatka ilman työpistettä" }).click({ timeout: 5000 }).catch(() => undefined);
  await owed(page);
  await page.reload();
  await visit(page, "Takaisinsoitot", "Takaisinsoitot");
  expect("a late callback says so", await page.getByText("Myöhässä", { exact: true }).count());
  await check(page, "callbacks");
  await page.getByRole("button", { name: /^Peru takaisinsoitto/ }).first().click();
  await page.getByRole("dialog").waitFor();
  await check(page, "callback-cancel");
  await page.getByRole("button", { name: "Älä peru" }).click();
  await visit(page, "Tunnusluvut", "Tunnusluvut");
  await page.waitForTimeout(800);
  await check(page, "measures-outcomes");
  await sounded(page);
  await flows(page);
  await visit(page, "Kuulutukset", "Kuulutukset");
  expect("a supervisor changes no prompt", (await page.getByRole("button", { name: "Uusi kuulutus" }).count()) === 0);
  for (const [code, name] of [["sv", "Meddelanden"], ["en", "Prompts"]]) {
    await page.evaluate((c) => localStorage.setItem("santra.language", c), code);
    await page.reload();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await check(page, `prompts-${code}`);
  }
}

async function flows(page) {
  await visit(page, "Puhelupolut", "Puhelupolut");
  await page.getByRole("button", { name: "Kokeile", exact: true }).click();
  await page.getByRole("table").waitFor();
  expect("the made-up caller reaches an agent", await page.getByText("Asiakaspalvelija vastaa").count());
  await check(page, "flows");
  await page.locator(".flow-ways a").first().click();
}

async function controller(page) {
  await logIn(page, userWith("controller") ?? userWith("administrator"));
  await visit(page, "Kuulutukset", "Kuulutukset");
  await check(page, "prompts");
  await page.getByRole("button", { name: /^Näytä/ }).or(page.getByLabel("Näytä")).first().click();
  await page.getByRole("option", { name: "Kaikki kuulutukset" }).click();
  await page.getByLabel("Etsi nimellä tai sanoilla").fill("welcome");
  await page.getByRole("button", { name: "Uusi versio: welcome" }).click();
  await page.getByRole("dialog").waitFor();
  await page.getByLabel("Mitä kuulutus sanoo").fill("Tervetuloa, tämä on koe.");
  await page.locator("input[type=file]").setInputFiles({ name: "koe.wav", mimeType: "audio/wav", buffer: tone(2) });
  await check(page, "prompt-new");
  await page.getByRole("button", { name: "Lähetä" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Kuuntele versio/ }).first().click();
  await page.waitForTimeout(1200);
  expect("the version plays", await page.locator("audio").first().evaluate((a) => a.currentTime > 0.2 || a.ended));
  await page.getByRole("button", { name: /^Ota käyttöön versio/ }).first().click();
  await page.getByText("Käytössä", { exact: true }).waitFor();
  await check(page, "prompt-heard");
  await page.getByRole("button", { name: "Takaisin valmiiseen" }).click();
  await page.getByRole("button", { name: /^Poista versio/ }).first().click();
  await page.getByRole("button", { name: /^Poista versio/ }).first().waitFor({ state: "detached" });
  await recorded(page);
}

/** The microphone of the browser, which is a beep, as a version. */
async function recorded(page) {
  await page.getByRole("button", { name: "Uusi kuulutus" }).click();
  await page.getByRole("textbox", { name: "Nimi" }).fill("oma-viesti");
  await page.getByRole("button", { name: "Äänitä mikrofonilla" }).click();
  await page.waitForTimeout(2500);
  await page.getByRole("button", { name: "Lopeta äänitys" }).click();
  await page.getByText(/Äänite on valmis/).waitFor();
  await page.getByRole("button", { name: "Lähetä" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached", timeout: 5000 }).catch(() => page.getByRole("button", { name: "Sulje", exact: true }).click());
  await page.getByLabel("Etsi nimellä tai sanoilla").fill("oma-viesti");
  await page.getByRole("heading", { name: "oma-viesti" }).waitFor();
  await page.getByRole("button", { name: /^Poista versio/ }).first().click();
  await page.getByRole("heading", { name: "oma-viesti" }).waitFor({ state: "detached" });
}

await walkThrough({ supervisor, controller });
