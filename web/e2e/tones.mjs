// What is heard in a real browser, by tones: a customer (440 Hz), a call out and 112 to the demonstration's operator (350 Hz). The
// microphone is a file of a tone (SANTRA_MICROPHONE), which the customer waits for before hanging up. Environment as in check.mjs.
import { check, expect, logIn, ready, walkThrough } from "./check.mjs";

const [customerTone, operatorTone] = [440, 350];
const agent = ready.users.find((u) => u.roles.includes("agent"));
const button = (where, name) => where.getByRole("button", { name });

/** Keeps hold of the peer connections, and takes the microphone as it is: clean-ups of speech take tones away. */
const plain = (page) =>
  page.addInitScript(() => {
    const Real = window.RTCPeerConnection;
    window.peers = [];
    window.RTCPeerConnection = class extends Real {
      constructor(...args) {
        super(...args);
        window.peers.push(this);
      }
    };
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = () => open({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  });

/** The loudest frequency of what comes in, in Hz; 0 for silence. */
const loudest = (page) =>
  page.evaluate(async () => {
    const track = window.peers.at(-1).getReceivers()[0].track;
    const context = new AudioContext({ sampleRate: 8000 });
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 4096;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    await new Promise((done) => setTimeout(done, 1000));
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const best = levels.reduce((at, level, i) => (level > levels[at] ? i : at), 0);
    await context.close();
    return levels[best] > -60 ? (best * 8000) / 4096 : 0;
  });

async function hears(page, who, hz) {
  let heard = 0;
  for (const until = Date.now() + 30_000; Date.now() < until && Math.abs(heard - hz) > 5; ) heard = await loudest(page);
  expect(`${who} is heard (${heard.toFixed(0)} Hz)`, Math.abs(heard - hz) <= 5);
}

async function wrapUp(page) {
  const done = button(page, /Tallenna ja valmis/);
  await done.waitFor({ timeout: 30_000 });
  await done.click();
  await page.getByText("Ei puhelua. Seuraava").waitFor();
}

async function callIn(page) {
  await button(page, /^Tilasi/).click();
  await page.getByRole("menuitem", { name: "Valmis", exact: true }).click();
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
  await logIn(page, agent);
  await page.locator(".seat:not([data-disabled])").first().click();
  await page.getByRole("heading", { level: 1, name: "Työpöytä" }).waitFor();
  await callIn(page);
  await callOut(page);
  await emergency(page);
}

await walkThrough({ tones });
