// What the walks by ear share: a page's peer connections, the tone that comes in, and sitting down to calls.
import { expect, logIn, ready } from "./check.mjs";

const agent = ready.users.find((u) => u.roles.includes("agent"));
export const button = (where, name) => where.getByRole("button", { name });

/** Keeps hold of the peer connections, and takes the microphone as it is: clean-ups of speech take tones away. */
export const plain = (page) =>
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

/** The loudest frequency of what comes in, in Hz, heard up to half of the sampling rate; 0 for silence. */
const loudest = (page, rate) =>
  page.evaluate(async (rate) => {
    const track = window.peers.at(-1).getReceivers()[0].track;
    const context = new AudioContext({ sampleRate: rate });
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = rate > 8000 ? 16384 : 4096;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    await new Promise((done) => setTimeout(done, 1000));
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const best = levels.reduce((at, level, i) => (level > levels[at] ? i : at), 0);
    await context.close();
    return levels[best] > -60 ? (best * rate) / analyser.fftSize : 0;
  }, rate);

/** Waits until one tone is the loudest; rate is the sampling rate of the ear. */
export async function hears(page, who, hz, rate = 8000) {
  let heard = 0;
  for (const until = Date.now() + 30_000; Date.now() < until && Math.abs(heard - hz) > 5; ) heard = await loudest(page, rate);
  expect(`${who} is heard (${heard.toFixed(0)} Hz)`, Math.abs(heard - hz) <= 5);
}

/** The codec of what comes in. */
export const receives = (page) =>
  page.evaluate(async () => {
    const stats = await window.peers.at(-1).getStats();
    for (const s of stats.values()) if (s.type === "inbound-rtp" && s.codecId) return stats.get(s.codecId).mimeType;
    return "";
  });

/** The first agent logs in and takes the first seat that is free. */
export async function sit(page) {
  await logIn(page, agent);
  await page.locator(".seat:not([data-disabled])").first().click();
  await page.getByRole("heading", { level: 1, name: "Työpöytä" }).waitFor();
}

export async function getReady(page) {
  await button(page, /^Tilasi/).click();
  await page.getByRole("menuitem", { name: "Valmis", exact: true }).click();
}

export async function wrapUp(page) {
  const done = button(page, /Tallenna ja valmis/);
  await done.waitFor({ timeout: 30_000 });
  await done.click();
  await page.getByText("Ei puhelua. Seuraava").waitFor();
}
