import { expect, it } from "vitest";
import { frameDocument, frameHeight } from "./frame.ts";

it("gives the frame a policy that allows only our style", () => {
  const doc = frameDocument("<p>Hei</p>", "fi", 'A "<b>" & b', "n0");
  expect(doc).toContain("default-src 'none'");
  expect(doc).toContain("style-src 'nonce-n0'");
  expect(doc).not.toMatch(/script-src|connect-src|https?:/);
  expect(doc).toContain("<title>A &#34;&#60;b&#62;&#34; &#38; b</title>");
  expect(doc).toContain("<body><p>Hei</p></body>");
});

it("guesses a height between a few lines and a screen", () => {
  expect(frameHeight("")).toBe(8);
  expect(frameHeight("rivi\n".repeat(10))).toBeGreaterThan(frameHeight("rivi"));
  expect(frameHeight("x".repeat(100_000))).toBe(36);
});
