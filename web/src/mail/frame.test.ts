import { expect, it } from "vitest";
import { frameDocument, frameHeight } from "./frame.ts";

it("gives the frame a policy that allows nothing but its own images", () => {
  const doc = frameDocument("<p>Hei</p>", "fi", 'A "<b>" & b');
  expect(doc).toContain("default-src 'none'");
  expect(doc).not.toMatch(/-src (?!data:|'none')|https?:|style=/);
  expect(doc).toContain("<title>A &#34;&#60;b&#62;&#34; &#38; b</title>");
  expect(doc).toContain("<p>Hei</p></font></body>");
});

it("guesses a height between a few lines and a screen", () => {
  expect(frameHeight("")).toBe(8);
  expect(frameHeight("rivi\n".repeat(10))).toBeGreaterThan(frameHeight("rivi"));
  expect(frameHeight("x".repeat(100_000))).toBe(36);
});
