// A day's work in a real browser against a running `santra demo` whose customers call and write: a customer's call is answered in the
// browser and heard, held, resumed, ended and wrapped up; an e-mail is answered; the agency's manager is granted the right
// and listens to the recording. Environment as in walk.mjs. Takes a few minutes, as customers call now and then.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const ready = JSON.parse(readFileSync(process.env.SANTRA_READY, "utf8"));
const base = process.env.SANTRA_URL ?? `http://${ready.http}`;
const shots = process.env.SANTRA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const patience = 150_000;
const failures = [];

function expect(what, holds) {
  console.log(`  ${holds ? "✓" : "✗"} ${what}`);
  if (!holds) failures.push(what);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"],
});

async function enter(role) {
  const context = await browser.newContext({ locale: "fi-FI", viewport: { width: 1280, height: 900 }, permissions: ["microphone"] });
  // Keeps hold of the peer connection, so that the test can ask it what was heard.
  await context.addInitScript(() => {
    const Real = window.RTCPeerConnection;
    window.peers = [];
    window.RTCPeerConnection = class extends Real {
      constructor(...args) {
        super(...args);
        window.peers.push(this);
      }
    };
  });
  const page = await context.newPage();
  page.on("pageerror", (e) => expect(`no page error (${e.message})`, false));
  const user = ready.users.find((u) => u.roles.includes(role));
  await page.goto(base);
  await page.getByLabel("Käyttäjätunnus").fill(user.name);
  await page.getByRole("textbox", { name: "Salasana" }).fill(user.password);
  await page.getByRole("button", { name: "Kirjaudu sisään" }).click();
  await page.getByRole("heading", { level: 1, name: /Työn aloitus|Työpöytä/ }).waitFor();
  return page;
}

const shot = (page, name) => (shots ? page.screenshot({ path: join(shots, `${name}.png`) }) : undefined);
const button = (page, name) => page.getByRole("button", { name });

/** Bytes of sound that came in, and whether the microphone is open, by the peer connection itself. */
const sound = (page) =>
  page.evaluate(async () => {
    const peer = window.peers.at(-1);
    let bytes = 0;
    let energy = 0;
    for (const s of (await peer.getStats()).values()) {
      if (s.type === "inbound-rtp") [bytes, energy] = [s.bytesReceived, s.totalAudioEnergy ?? 0];
    }
    return { bytes, energy, open: peer.getSenders().some((x) => x.track?.readyState === "live"), state: peer.connectionState };
  });

async function call(page) {
  await button(page, /^Vastaa/).waitFor({ timeout: patience });
  await shot(page, "offered");
  const number = await page.locator(".call-number").textContent();
  expect(`the caller's number is shown (${number?.length} signs)`, /\d{3}/.test(number ?? "") || /salattu/.test(number ?? ""));
  await button(page, /^Vastaa/).click();
  await button(page, "Lopeta puhelu").waitFor({ timeout: 15_000 });
  await page.waitForTimeout(2500);
  const first = await sound(page);
  await page.waitForTimeout(1500);
  const second = await sound(page);
  expect(`the customer is heard (${second.bytes - first.bytes} bytes in 1.5 s)`, second.bytes - first.bytes > 5_000 && second.energy > 0);
  expect("the microphone is open", second.open);
  expect("recording is shown", await page.locator(".recording-on").isVisible());
  await shot(page, "talking");
  await page.getByRole("navigation").getByRole("link", { name: "Sähköposti" }).click();
  await page.getByRole("heading", { level: 1, name: "Sähköposti" }).waitFor();
  expect("the call outlives navigation", (await sound(page)).state === "connected");
  await button(page, "Pitoon").click();
  await button(page, "Jatka puhelua").click();
  await button(page, "Pitoon").waitFor();
  await button(page, "Mykistä").click();
  await button(page, "Mikrofoni on pois").click();
  await button(page, "Keskeytä tallennus").click();
  await button(page, "Jatka tallennusta").waitFor();
  await page.waitForTimeout(2000);
  await button(page, "Jatka tallennusta").click();
  await button(page, "Keskeytä tallennus").waitFor();
  await button(page, "Näppäimet").click();
  await button(page, "5").click();
  await button(page, "Lopeta puhelu").click();
  await button(page, "Tallenna ja valmis").waitFor();
  await shot(page, "wrap-up");
  await page.waitForTimeout(300);
  expect("the microphone is closed after the call", !(await sound(page)).open);
  expect("the number is gone", (await page.locator(".call-number").textContent())?.includes(":"));
}

async function mail(page) {
  await page.getByRole("navigation").getByRole("link", { name: "Sähköposti" }).click();
  const offered = page.locator(".case-link").first();
  await offered.waitFor({ timeout: patience });
  await offered.click();
  const accept = button(page, "Ota käsittelyyn");
  await accept.or(page.getByRole("textbox", { name: "Viesti" })).first().waitFor();
  if (await accept.isVisible()) await accept.click();
  await page.getByRole("textbox", { name: "Viesti" }).fill("Hei,\n\nkiitos viestistänne. Palaamme asiaan.\n\nTerveisin\nKaupungin palvelukeskus");
  const before = Date.now();
  await page.getByText("Luonnos tallennettu").waitFor({ timeout: 4000 });
  expect(`the draft is saved within 2 s (${Date.now() - before} ms)`, Date.now() - before < 2000);
  await shot(page, "reply");
  await button(page, "Lähetä").click();
  await page.getByText("Vastauksemme").waitFor();
  await page.getByText("Lähetetty", { exact: true }).first().waitFor({ timeout: 20_000 });
  await shot(page, "sent");
  await button(page, "Sulje asia").click();
  await page.getByText("Asia suljettiin.").first().waitFor();
}

async function grant(page) {
  await page.getByRole("navigation").getByRole("link", { name: "Kuunteluoikeudet" }).click();
  const rows = page.locator(".table tbody tr");
  await button(page, "Myönnä oikeus").waitFor();
  await rows.first().waitFor({ timeout: 2000 }).catch(() => undefined); // the demo's managers may have the right already
  for (const manager of (await rows.count()) ? [] : ready.users.filter((u) => u.roles.includes("manager"))) {
    await button(page, "Myönnä oikeus").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /Tilaajan esihenkilö/ }).click();
    await page.getByRole("option").nth(ready.users.filter((u) => u.roles.includes("manager")).indexOf(manager)).click();
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    await dialog.getByLabel("Voimassa asti").fill(until);
    await dialog.getByRole("textbox", { name: "Perustelu" }).fill("Kirjallinen pyyntö 2026/118");
    await dialog.getByRole("button", { name: "Myönnä" }).click();
    await dialog.waitFor({ state: "detached" });
  }
  expect("rights to listen are listed", (await rows.count()) > 0);
}

async function listen(page) {
  await page.getByRole("navigation").getByRole("link", { name: "Tallenteet" }).click();
  await button(page, "Ilmoita käyttötarkoitus").click();
  const dialog = page.getByRole("dialog");
  for (const label of [/Tilaaja/, /Käyttötarkoitus/]) {
    await dialog.getByRole("button", { name: label }).click();
    await page.getByRole("option").first().click();
  }
  await dialog.getByRole("textbox", { name: "Perustelu" }).fill("Pyyntö 2026/118");
  await dialog.getByRole("button", { name: "Jatka" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("textbox", { name: "Kesto vähintään, min" }).fill("60");
  await button(page, "Hae").click();
  await page.getByText("Tallenteita ei löytynyt").waitFor();
  await page.getByRole("textbox", { name: "Kesto vähintään, min" }).fill("0,05");
  await page.getByRole("textbox", { name: "Kesto enintään, min" }).fill("60");
  await button(page, /Eheys/).click();
  await page.getByRole("option", { name: "Päättyi normaalisti" }).click();
  await button(page, "Hae").click();
  await button(page, /^Kuuntele/).first().waitFor();
  await shot(page, "recordings");
  await button(page, /^Kuuntele/).first().click();
  await button(page, "Avaa tallenne").click();
  await button(page, "Toista").click();
  await page.waitForFunction(() => document.querySelector(".player audio")?.currentTime > 1, undefined, { timeout: 15_000 });
  expect("the recording plays from the recorder", await page.evaluate(() => new URL(document.querySelector(".player audio").src).origin !== location.origin));
  await page.waitForTimeout(1500);
  await shot(page, "listening");
  await pauses(page);
}

/** The pause that the agent made is told in words, and gone past. */
async function pauses(page) {
  const list = page.getByRole("region", { name: "Asiakaspalvelija keskeytti tallennuksen kerran" });
  const words = await list.locator("li").first().textContent();
  expect(`the pause is told with its place and length (${words})`, /^Kohdassa 0:\d\d, kesto [2-9]\s?s/.test(words.replaceAll("\u00a0", " ")));
  const place = page.getByRole("slider", { name: "Kohta" });
  await list.getByRole("button", { name: /^Jatka sen jälkeen kohdasta 0:\d\d/ }).click();
  const after = Number(await place.inputValue());
  await page.locator(".player audio").evaluate((a, to) => ((a.pause(), (a.currentTime = to))), after - 1);
  await page.waitForFunction(() => /keskeytetty/.test(document.querySelector(".player .range").getAttribute("aria-valuetext")), undefined, { timeout: 5000 });
  expect("within the pause the position says so", await list.locator(".pause-now").count());
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(200);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(`the player fits ${width} px`, over <= 0);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(`axe finds nothing in the player at ${width} px ${violations.map((v) => v.id)}`, violations.length === 0);
    await shot(page, `listening-pause-${width}`);
  }
}

async function part(name, role, work) {
  console.log(name);
  let page;
  try {
    page = await enter(role);
    await work(page);
  } catch (error) {
    expect(`${name}: ${String(error.message).split("\n").slice(0, 4).join(" ")}`, false);
    if (page) await shot(page, `failed-${name}`);
  }
  return page;
}

await part("agent", "agent", async (page) => {
  await page.getByRole("heading", { name: "Työn aloitus" }).waitFor({ timeout: 3000 }).catch(() => undefined);
  const seat = page.locator(".seat:not([data-disabled])").first();
  if (await page.getByRole("heading", { name: "Työn aloitus" }).isVisible()) await seat.click();
  await button(page, /^Tilasi/).click();
  await page.getByRole("menuitem", { name: "Valmis", exact: true }).click();
  await call(page);
  await mail(page);
});
await part("controller", "controller", grant);
await part("manager", "manager", listen);
await browser.close();
console.log(failures.length ? `${failures.length} failures` : "all done");
process.exit(failures.length ? 1 : 0);
