// What is heard in a real browser, by tones: a customer (440 Hz), a call out and 112 to the demonstration's operator (350 Hz). The
// microphone is a file of a tone (SANTRA_MICROPHONE), which the customer waits for before hanging up. Environment as in check.mjs.
import { check, expect, walkThrough } from "./check.mjs";
import { button, getReady, hears, plain, sit, wrapUp } from "./sound.mjs";

const [customerTone, operatorTone] = [440, 350];

async function callIn(page) {
  await getReady(page);
  await button(page, /^Vastaa/).click({ timeout: 30_000 });
  await button(page, "Lopeta puhelu").waitFor();
  await hears(page, "the customer", customerTone);
  await wrapUp(page); // the customer hangs up on hearing the microphone
}

/** The own telephone connects first: here the browser answers it. */
async function connect(page) {
  const answer = button(page, /^Vastaa/);
  await answer.or(button(page, "Lopeta puhelu")).first().waitFor({ timeout: 15_000 });
  if (await answer.isVisible()) await answer.click();
  await button(page, "Lopeta puhelu").waitFor();
}

async function dialog(page) {
  await page.keyboard.press("o");
  return page.getByRole("dialog");
}

async function callOut(page) {
  const d = await dialog(page);
  await button(d, /Kenen nimissä/).click();
  await page.getByRole("option").first().click();
  await page.getByRole("textbox", { name: "Numero" }).fill("040 1234567");
  await button(d, "Soita numeroon").click();
  await connect(page);
  await hears(page, "who was called", operatorTone);
  await page.getByText("Tallennus päällä").waitFor({ timeout: 15_000 });
  expect("recording is shown", true);
  await button(page, "Lopeta puhelu").click();
  await wrapUp(page);
}

async function emergency(page) {
  await button(await dialog(page), "Soita 112 nyt").click();
  await connect(page);
  await page.getByText("Satamakatu 1").first().waitFor();
  expect("the seat's place is shown", true);
  await hears(page, "112", operatorTone);
  await check(page, "emergency-call");
  await button(page, "Lopeta puhelu").click();
  await wrapUp(page);
}

async function tones(page) {
  await plain(page);
  await sit(page);
  await callIn(page);
  await callOut(page);
  await emergency(page);
}

await walkThrough({ tones });
