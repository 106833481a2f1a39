import { expect, it } from "vitest";
import { closing } from "./closing.ts";

it("sends once, unless undone", () => {
  const sent: string[] = [];
  const desk = closing((id) => sent.push(id));
  desk.close("a");
  desk.close("b");
  expect(desk.isClosing("a")).toBe(true);
  desk.undo("a");
  desk.send("a");
  desk.send("b");
  desk.send("b");
  expect(sent).toEqual(["b"]);
  expect(desk.isClosing("b")).toBe(false);
});

it("sends what waits when the page goes", () => {
  const sent: string[] = [];
  const desk = closing((id) => sent.push(id));
  desk.close("a");
  desk.close("b");
  desk.sendAll();
  desk.sendAll();
  expect(sent).toEqual(["a", "b"]);
});
