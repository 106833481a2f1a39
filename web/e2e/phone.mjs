// The whole telephone in real browsers against a running `santra demo --no-traffic`, while one customer calls the queue for
// parking and stays: two agents and a supervisor. Environment as in check.mjs.
import { check, expect, logIn, open, ready, userWith, visit, walkThrough } from "./check.mjs";

const agents = ready.users.filter((u) => u.roles.includes("agent"));
const button = (where, name) => where.getByRole("button", { name });
const bar = (page) => page.getByRole("region", { name: "Puhelin" });

async function sit(page, user) {
  await logIn(page, user);
  await page.locator(".seat:not([data-disabled])").first().click();
  await page.getByRole("heading", { level: 1, name: "Työpöytä" }).waitFor();
}

async function become(page, state) {
  await button(page, /^Tilasi/).click();
  await page.getByRole("menuitem", { name: state, exact: true }).click();
}

/** Keeps hold of the peer connections, so that the walk can ask what was heard. */
const keepPeers = (page) =>
  page.addInitScript(() => {
    const Real = window.RTCPeerConnection;
    window.peers = [];
    window.RTCPeerConnection = class extends Real {
      constructor(...args) {
        super(...args);
        window.peers.push(this);
      }
    };
  });

const bytesHeard = (page) =>
  page.evaluate(async () => {
    let bytes = 0;
    for (const s of (await window.peers.at(-1).getStats()).values()) if (s.type === "inbound-rtp") bytes = s.bytesReceived;
    return bytes;
  });

/** The machine changes its network: the call and its sound stay, whether the centre takes a restart or not. */
async function networkChanges(page) {
  const offered = page.waitForRequest(/\/api\/calls\/[^/]+\/restart$/);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  expect("a restart is offered", (await (await offered).postDataJSON()).sdp.includes("a=ice-ufrag"));
  await page.getByText("Verkko vaihtui").waitFor({ state: "detached", timeout: 30_000 });
  const before = await bytesHeard(page);
  await page.waitForTimeout(1500);
  expect("the sound goes on", (await bytesHeard(page)) - before > 5_000);
  expect("nothing is called lost", !(await page.getByText("Ääniyhteys katkesi").isVisible()));
}

async function devices(page) {
  await logIn(page, agents[2]);
  await button(page, "Tarkista mikrofoni").click();
  await page.getByText("Äänesi kuuluu").waitFor();
  await button(page, "Soita testiääni").click();
  await page.getByText("Sinun pitäisi kuulla ääni").waitFor();
  await check(page, "devices");
}

/** A number is called, who is called hears the announcement, and 112 is called beside it. The demonstration's own operator answers. */
async function calling(page) {
  await keepPeers(page);
  await sit(page, agents[3]);
  await page.keyboard.press("o");
  const dialog = page.getByRole("dialog");
  await button(dialog, /Kenen nimissä/).click();
  await page.getByRole("option").first().click();
  await page.getByRole("textbox", { name: "Numero" }).fill("040 123 4567");
  await button(dialog, "Soita numeroon").click();
  await bar(page).getByText("Soitetaan").waitFor();
  expect("the browser answers its own call by itself", !(await button(page, "Puhu tässä").isVisible()));
  await bar(page).getByText("Asiakas kuulee tiedotteen").waitFor();
  await bar(page).getByText("Puhelu käynnissä").waitFor();
  expect("the number called is shown", (await page.locator(".call-number").textContent()) === "040 123 4567");
  await emergency(page);
  await button(page, "Jatka puhelua").click();
  await endCall(page);
  await button(page, /Tallenna ja valmis/).click();
}

const endCall = (page) => button(page, "Lopeta puhelu").click();

async function emergency(page) {
  await bar(page).getByRole("button", { name: "112" }).click();
  await button(page.getByRole("dialog"), "Soita 112 nyt").click();
  await bar(page).getByText("Hätäpuhelu", { exact: false }).first().waitFor();
  expect("the seat's place is shown", (await page.locator(".call-location strong").textContent())?.startsWith("Satamakatu 1"));
  expect("the customer's call stands beside it", await bar(page).getByText("Toinen puhelusi").isVisible());
  await check(page, "out-112");
  const before = await bytesHeard(page);
  await page.waitForTimeout(1000);
  expect("112 is heard", (await bytesHeard(page)) - before > 4_000);
  await endCall(page);
  await bar(page).getByText("Asiakas pidossa").waitFor();
}

/** The customer is answered, asked about and given away. */
async function asking(page) {
  await keepPeers(page);
  await sit(page, agents[0]);
  await callingOut(page);
  await become(page, "Valmis");
  await button(page, /^Vastaa/).click({ timeout: 30_000 });
  await button(page, "Lopeta puhelu").waitFor();
  await networkChanges(page);
  const other = await open("colleague");
  await sit(other.page, agents[1]);
  await become(other.page, "Valmis");
  await writing(page);
  await consulting(page, other.page);
  await wrapUp(page);
  await supervised(other.page);
  await other.context.close();
}

async function callingOut(page) {
  await page.keyboard.press("o");
  const dialog = page.getByRole("dialog");
  await button(dialog, /Kenen nimissä/).click();
  await page.getByRole("option").first().click();
  await page.getByRole("textbox", { name: "Numero" }).fill("09 310 12001");
  await check(page, "call-dialog");
  expect("a number outside may be called", await button(dialog, "Soita numeroon").isEnabled());
  await button(dialog, "Soita 112 nyt").waitFor();
  await page.keyboard.press("Escape");
}

async function writing(page) {
  if (!(await page.getByRole("textbox", { name: "Muistiinpanot" }).isVisible())) await page.keyboard.press("i");
  await page.getByRole("textbox", { name: "Muistiinpanot" }).fill("Vuoto kellarissa, avain huoltoyhtiöllä");
  await check(page, "talking");
  const open112 = bar(page).getByRole("button", { name: "112" });
  await open112.click();
  await check(page, "emergency-dialog");
  await page.keyboard.press("Escape");
}

async function consulting(page, other) {
  await button(bar(page), "Siirto").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("option", { name: agents[1].display ?? /Valmis/ }).first().waitFor();
  await check(page, "give-dialog");
  await dialog.getByRole("option").filter({ hasText: "Valmis" }).first().click();
  await button(dialog, "Konsultoi ensin").click();
  await button(page, "Takaisin asiakkaalle").waitFor();
  await check(page, "consult-ringing");
  await button(other, /^Vastaa/).waitFor();
  expect("the colleague sees who asks", (await other.locator(".call-asker").textContent())?.includes("konsultoi sinua"));
  await check(other, "inside-offered");
  await button(other, /^Vastaa/).click();
  await button(page, "Puhu asiakkaalle").waitFor();
  await check(page, "consult-talking");
  await check(other, "inside-talking");
  await button(page, "Puhu asiakkaalle").click();
  await button(page, "Puhu konsultoitavalle").waitFor();
  await check(page, "consult-waiting");
  await page.keyboard.press("p");
  await button(page, "Puhu asiakkaalle").waitFor();
  await button(page, "Neuvottelu").click();
  await bar(page).getByText("mukana neuvottelussa").waitFor();
  await check(page, "conference");
  await button(page, "Luovuta asiakas").click();
  await button(other, "Siirto").waitFor();
  await other.keyboard.press("i");
  const notes = other.getByRole("textbox", { name: "Muistiinpanot" });
  await notes.waitFor();
  expect("the notes went along", (await notes.inputValue()).startsWith("Vuoto kellarissa"));
  expect("the customer's number too", /\d{3}/.test((await other.locator(".call-number").textContent()) ?? ""));
}

async function wrapUp(page) {
  const done = button(page, /Tallenna ja valmis/);
  await done.waitFor();
  await check(page, "wrap-up");
  await done.click();
  await page.getByText("Ei puhelua. Seuraava").waitFor();
}

async function supervised(agent) {
  await button(agent, /Keskeytä tallennus/).click();
  await bar(agent).getByText("Tallennus keskeytetty").waitFor();
  await check(agent, "recording-paused");
  await button(agent, /Jatka tallennusta/).click();
  await bar(agent).getByText("Tallennus päällä").waitFor();
  const boss = await open("supervisor");
  await logIn(boss.page, userWith("supervisor"));
  await listening(boss.page, agent);
  await boss.context.close();
  await button(agent, "Lopeta puhelu").click();
  await button(agent, /Tallenna ja valmis/).click();
}

async function listening(page, agent) {
  if (await button(page, "Jatka ilman työpistettä").isVisible()) await button(page, "Jatka ilman työpistettä").click();
  await visit(page, "Puhelut", "Puhelut");
  await button(page, /^Kuuntele:/).waitFor();
  await check(page, "calls");
  await button(page, /^Kuuntele:/).click();
  const dialog = page.getByRole("dialog");
  await button(dialog, /Käyttötarkoitus/).click();
  await page.getByRole("option").first().click();
  await check(page, "calls-purpose");
  await button(dialog, "Jatka").click();
  await button(page, "Poistu puhelusta").waitFor();
  await bar(agent).getByText("Esihenkilö kuuntelee").waitFor();
  await check(page, "calls-listening");
  await check(agent, "supervised");
  await button(page, "Kuiskaa").click();
  await bar(agent).getByText("Esihenkilö puhuu sinulle").waitFor();
  await button(page, "Poistu puhelusta").click();
  await bar(agent).getByText("Esihenkilö puhuu sinulle").waitFor({ state: "detached" });
}

await walkThrough({ devices, calling, asking });
