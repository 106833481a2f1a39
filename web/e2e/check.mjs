// What the walks share: a browser, log-ins, and what must hold on every page at 320 and 1280 px. Environment:
//
//   SANTRA_READY  ready-file of `santra demo` (or of test/mock.mjs)
//   SANTRA_URL    the base URL; default: the ready-file's `http`
//   SANTRA_SHOTS  folder for screenshots; default: none are kept
//   SANTRA_DARK   in dark colours
//   SANTRA_MICROPHONE  a WAV file that is what the microphone hears, over and over; default: beeps
//   CHROMIUM      the browser; default /usr/bin/chromium
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const ready = JSON.parse(readFileSync(process.env.SANTRA_READY, "utf8"));
export const base = process.env.SANTRA_URL ?? `http://${ready.http}`;
const shots = process.env.SANTRA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const widths = [
  { width: 1280, height: 900 },
  { width: 320, height: 720 },
];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const failures = [];
let checks = 0;

export function fail(where, what) {
  failures.push(`${where}: ${what}`);
  console.error(`  ✗ ${where}: ${what}`);
}

/** One thing that must be so. */
export function expect(what, holds) {
  if (holds) console.log(`  ✓ ${what}`);
  else fail("expected", what);
}

/** Everything that must hold on a page as it is now, in both widths. */
export async function check(page, name) {
  for (const size of widths) {
    const where = `${name} ${size.width}`;
    await page.setViewportSize(size);
    await page.waitForTimeout(100);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) fail(where, `scrolls sideways by ${over} px`);
    const { violations } = await new AxeBuilder({ page }).options({ runOnly: tags, resultTypes: ["violations"] }).setLegacyMode(true).analyze();
    for (const v of violations) fail(where, `axe ${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")} ${v.nodes[0]?.failureSummary?.split("\n")[1] ?? ""}`);
    await page.evaluate(() => window.scrollTo(0, 0));
    if (shots) await page.screenshot({ path: join(shots, `${name}-${size.width}.png`), fullPage: true });
    checks++;
  }
  await page.setViewportSize(widths[0]);
}

/** A page of its own: nothing of other log-ins. */
export async function open(name) {
  const context = await browser.newContext({ locale: "fi-FI", viewport: widths[0], permissions: ["microphone"], colorScheme: process.env.SANTRA_DARK ? "dark" : "light" });
  const page = await context.newPage();
  page.on("pageerror", (e) => fail(name, `page error ${e.message}`));
  page.on("console", (m) => {
    if (/Content Security Policy|Trusted|TrustedHTML/.test(m.text())) fail(name, `policy: ${m.text().slice(0, 200)}`);
  });
  page.on("dialog", (d) => void d.accept());
  return { context, page };
}

export const userWith = (role) => ready.users.find((u) => u.roles.includes(role));

export async function logIn(page, user) {
  await page.goto(base);
  await page.getByLabel("Käyttäjätunnus").fill(user.name);
  await page.getByRole("textbox", { name: "Salasana" }).fill(user.password);
  await page.getByRole("button", { name: "Kirjaudu sisään" }).click();
  await page.getByRole("heading", { level: 1, name: /Työn aloitus|Työpöytä/ }).waitFor();
}

export const visit = async (page, link, heading) => {
  await page.getByRole("navigation").getByRole("link", { name: link, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  await page.waitForTimeout(400);
};

let browser;

/** Runs parts of a walk, all or the one that the command line names, and ends the process. Each stands alone, so that one failure hides no other. */
export async function walkThrough(parts) {
  const heard = process.env.SANTRA_MICROPHONE ? [`--use-file-for-fake-audio-capture=${process.env.SANTRA_MICROPHONE}`] : [];
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required", ...heard],
  });
  const only = process.argv[2];
  for (const [name, walk] of Object.entries(parts)) {
    if (!only || only === name) await part(name, walk);
  }
  await browser.close();
  console.log(`${checks} page views checked, ${failures.length} failures`);
  process.exit(failures.length ? 1 : 0);
}

async function part(name, walk) {
  console.log(name);
  const { context, page } = await open(name);
  try {
    await walk(page);
  } catch (error) {
    fail(name, String(error.message).split("\n").slice(0, 6).join(" "));
    if (shots) await page.screenshot({ path: join(shots, `failed-${name}.png`) }).catch(() => undefined);
  }
  await context.close();
}
