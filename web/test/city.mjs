// The stand-in's city: made up, like its people.
const t = (fi, sv, en) => ({ fi, sv, en });
const ago = (s) => new Date(Date.now() - s * 1000).toISOString();
const all = ["call.handle", "case.work", "queue.watch"];
const lead = ["agent.watch", "agent.force", "call.supervise", "queue.close", "measures.read", "simulation.run"];

const person = (id, name, display, roles, actions, until = "2027-06-30T21:00:00Z") => ({ id, name, display, roles, actions, languages: ["fi", "sv"], skills: [{ id: "vesi", level: 3 }, { id: "language:sv", level: 2 }], capacity: {}, tiers: [], weights: [], training_valid: until !== "", trained_until: until || undefined });

export const people = [
  person("p1", "aino", "Aino Virtanen", [{ role: "agent", agency: "" }], all),
  person("p2", "eero", "Eero Lindström", [{ role: "supervisor", agency: "" }], [...all, ...lead]),
  person("p3", "helmi", "Helmi Koskinen", [{ role: "manager", agency: "vesilaitos" }], ["recording.search", "archive.search", "queue.watch"]),
  person("p4", "onni", "Onni Mäkelä", [{ role: "expert", agency: "" }], [...all, "recording.search", "archive.search"]),
  person("p5", "siiri", "Siiri Nyman", [{ role: "privacy_officer", agency: "" }], ["audit.read", "attest.run", "listen.grant"]),
  person("p6", "toivo", "Toivo Laine", [{ role: "administrator", agency: "" }], ["person.manage", "training.record"]),
  person("p7", "vilma", "Vilma Heikkilä", [{ role: "agent", agency: "rakennusvirasto" }], [], ""),
];

export const city = {
  version: 1,
  name: t("Esimerkkikaupunki", "Exempelstaden", "Example City"),
  recording_months: 6,
  agencies: [
    { id: "vesilaitos", address: "vesi@example.org", name: t("Vesilaitos", "Vattenverket", "Waterworks") },
    { id: "rakennusvirasto", address: "rakennus@example.org", name: t("Rakennusvirasto", "Byggnadskontoret", "Building Office") },
  ],
  queues: [
    { id: "vesi", agency: "vesilaitos", name: t("Vesi ja viemärit", "Vatten och avlopp", "Water and sewers") },
    { id: "vesilaskut", agency: "vesilaitos", name: t("Laskutus", "Fakturering", "Billing") },
    { id: "pysakointi", agency: "rakennusvirasto", name: t("Pysäköintitunnukset", "Parkeringstillstånd", "Parking permits") },
    { id: "kadut", agency: "rakennusvirasto", name: t("Kadut ja puistot", "Gator och parker", "Streets and parks") },
  ].map((q) => ({ number: "+35893101000", mailbox: `${q.id}@example.org`, languages: ["fi", "sv", "en"], skills: [q.id], needs: [{ skill: q.id, level: 1, preferred: false }], strategy: "tiers", within_seconds: 20, record: true, ...q })),
  time_zone: "Europe/Helsinki",
  outcomes: [
    { id: "neuvottu", name: { fi: "Neuvottu", sv: "Rådgiven", en: "Advised" } },
    { id: "vuoto", name: { fi: "Vuotoilmoitus", sv: "Läckageanmälan", en: "Leak reported" }, agencies: ["vesilaitos"] },
  ],
  break_reasons: [
    { id: "lunch", name: t("Lounas", "Lunch", "Lunch") },
    { id: "training", name: t("Koulutus", "Utbildning", "Training") },
  ],
  seats: Array.from({ length: 16 }, (_, i) => ({ code: `A${i + 1}`, phone: i % 2 === 0, taken: i % 5 === 3 })),
  purposes: {
    audio: [
      { id: "quality", name: t("Palvelun laadun arviointi", "Utvärdering av servicens kvalitet", "Quality of service"), needs_reason: false },
      { id: "unclear", name: t("Epäselvän yhteydenoton selvittäminen tilaajan pyynnöstä", "Utredning av en oklar kontakt på beställarens begäran", "Clearing up an unclear contact"), needs_reason: true },
    ],
    mail: [{ id: "unclear", name: t("Yhteydenoton selvittäminen", "Utredning av en kontakt", "Clearing up a contact"), needs_reason: true }],
  },
};

export const agents = [
  ["p1", "Aino Virtanen", "A1", "ready", 240],
  ["p2", "Eero Lindström", "A2", "busy", 95],
  ["p4", "Onni Mäkelä", "A6", "wrap_up", 12],
  ["p8", "Saga Öhman", "A7", "break", 700],
  ["p9", "Veikko Salo", "A9", "not_answering", 44],
  ["p10", "Linnea Berg", "A10", "offline", 3000],
].map(([person, display, seat, state, s]) => ({ person, display, seat, state, since: ago(s), reason: state === "break" ? "lunch" : "", next: state === "busy" ? "break" : "", handled: 7, mails: 1, work: "" }));

const head = (id, direction, from, s, delivery = "received") => ({ id, direction, from: { name: "", address: from }, at: ago(s), subject: "", attachments: 0, size: 4000, delivery, reply: "", raw: false });
const one = (id, subject, customer, queue, state, agent, s, heads) => ({ id, subject, customer, name: "", failed: false, why: "", queue, agency: "vesilaitos", state, agent, arrived: ago(s), changed: ago(s), version: 1, messages: heads });

export const cases = [
  one("c1", "Vesimittarin lukema ei täsmää laskuun", "maija.meikalainen@example.com", "vesilaskut", "open", "p1", 1800, [head("m1", "in", "maija.meikalainen@example.com", 90000), head("m2", "out", "vesi@example.org", 86000, "sent"), head("m3", "in", "maija.meikalainen@example.com", 1800)]),
  one("c2", "Vattnet är brunt på Parkgatan", "kalle.anka@example.com", "vesi", "offered", "p1", 300, [head("m4", "in", "kalle.anka@example.com", 300)]),
  one("c3", "Pysäköintitunnus uuteen osoitteeseen", "muuttaja@example.com", "pysakointi", "new", "", 7200, [head("m5", "in", "muuttaja@example.com", 7200)]),
  one("c4", "Puu kaatumassa puistossa", "lenkkeilija@example.com", "kadut", "open", "p2", 9000, [head("m6", "in", "lenkkeilija@example.com", 9000)]),
];

const text = "Hei,\n\nsain laskun, jossa kulutus on 214 m³, mutta mittari näyttää 124.\nVoisitteko tarkistaa?\n\nMaija Meikäläinen";
const mail = { at: ago(90000), attachments: 1, blocked_images: 2, cc: [], delivery: "received", direction: "in", auth: [], problems: [], reply: "", from: { name: "Maija Meikäläinen", address: "maija.meikalainen@example.com" }, to: [{ name: "", address: "vesi@example.org" }], raw: false, sha256: "", size: 4000, subject: "Vesimittarin lukema", text, files: [{ index: 0, inline: false, name: "mittari.jpg", type: "image/jpeg", size: 482000 }], html: "" };
export const messages = new Map(
  ["m1", "m2", "m3", "m4", "m5", "m6"].map((id) => [id, { ...mail, id, html: id === "m3" ? `<p style="color:red">${text.replaceAll("\n", "<br>")}</p><script>alert(1)</script><img src="https://tracker.example/x.gif"><blockquote>Vastaamme teille pian.</blockquote>` : "", blocked_images: id === "m3" ? 2 : 0 }]),
);
messages.set("m6", { ...messages.get("m6"), raw: true, files: [] });

export const recordings = [
  ["2026-11-23-A12-4567", 3600, 214, true],
  ["2026-11-20-A3-88", 260000, 1125, true],
  ["2026-11-18-A7-903", 430000, 41, false],
].map(([name, s, seconds, complete], i) => ({ id: `r${i}`, name, agency: "vesilaitos", queue: "vesi", seat: name.split("-")[3], fragment: name.split("-")[4], started: ago(s), seconds, language: "fi", announcement: "2026-1", state: complete ? "complete" : "recovered", gaps: 0, part: 1, session: "s", hold: i === 1, destroys: "2027-05-23" }));

const loud = (i, side) => Math.round(Math.max(6, 215 * Math.abs(Math.sin(i / 9 + side)) * ((i >> 5) % 2 === side ? 1 : 0.12) * (0.55 + 0.45 * Math.abs(Math.sin(i * 1.7)))));
export const peaks = { seconds: 214, per_second: 10, customer: Array.from({ length: 2140 }, (_, i) => loud(i, 0)), agent: Array.from({ length: 2140 }, (_, i) => loud(i, 1)), pauses: [{ from: 61, to: 88.5 }, { from: 180, to: 180.4 }] };

/** 214 s of silence, 8 kHz A-law, two channels. */
export const wav = (() => {
  const data = 214 * 16_000;
  const out = Buffer.alloc(44 + data, 0xd5);
  out.write("RIFF", 0);
  out.writeUInt32LE(36 + data, 4);
  out.write("WAVEfmt ", 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(6, 20);
  out.writeUInt16LE(2, 22);
  out.writeUInt32LE(8000, 24);
  out.writeUInt32LE(16_000, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(8, 34);
  out.write("data", 36);
  out.writeUInt32LE(data, 40);
  return out;
})();

export const audit = [
  ["recording.listen", "p3", "r0", "quality", "", true],
  ["archive.search", "p4", "", "unclear", "Pyyntö 2026/118", true],
  ["person.login", "p1", "", "", "", true],
  ["archive.search", "p1", "c9", "", "", false],
].map(([action, actor, object, purpose, reason, success], i) => ({ id: `e${i}`, at: ago(i * 777), action, actor, object, agency: "vesilaitos", purpose, reason, success, detail: {} }));

export const attestation = {
  at: new Date().toISOString(),
  promises: [
    { id: "M3", state: "holds", title: "", evidence: "3 canary numbers, 0 found in database, logs and temporary files" },
    { id: "M6", state: "holds", title: "", evidence: "oldest recording is destroyed on 2027-05-20; 0 overdue" },
    { id: "M9", state: "vouched", title: "", evidence: "the premises are outside what software sees" },
    { id: "M14", state: "fails", title: "", evidence: "segment 12: SHA-256 differs" },
  ],
};
