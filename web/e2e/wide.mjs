// Wide sound in a real browser, by tones above the narrow band: customers of one codec after the other (SANTRA_CODECS) call, each
// with a tone of SANTRA_TONE Hz, and wait for the microphone, which is a file of a tone (SANTRA_MICROPHONE). SANTRA_HEARD is a
// folder: a file "ready" there says that the agent is, and one named by a codec that its customer has heard the microphone,
// upon which the agent hangs up. Environment as in check.mjs.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, walkThrough } from "./check.mjs";
import { button, getReady, hears, plain, receives, sit, wrapUp } from "./sound.mjs";

const codecs = process.env.SANTRA_CODECS.split(" ");
const tone = Number(process.env.SANTRA_TONE);

async function callerIsHeard(page, codec) {
  await button(page, /^Vastaa/).click({ timeout: 60_000 });
  await button(page, "Lopeta puhelu").waitFor();
  await hears(page, `the customer by ${codec}`, tone, 48000);
  expect(`${codec} arrives wide, as ${await receives(page)}`, /opus|G722/i.test(await receives(page)));
  const heard = join(process.env.SANTRA_HEARD, codec);
  for (const until = Date.now() + 60_000; Date.now() < until && !existsSync(heard); ) await page.waitForTimeout(200);
  expect(`the customer by ${codec} hears the microphone`, existsSync(heard));
  await button(page, "Lopeta puhelu").click();
  await wrapUp(page);
}

async function wide(page) {
  await plain(page);
  await sit(page);
  await getReady(page);
  writeFileSync(join(process.env.SANTRA_HEARD, "ready"), "");
  for (const codec of codecs) await callerIsHeard(page, codec);
}

await walkThrough({ wide });
