import { expect, it } from "vitest";
import { onFrame, onStart, startAll, tell } from "../src/core/follow";
import type { ServerFrame } from "../src/core/wire";

it("starts in order and returns what stops each", () => {
  const said: string[] = [];
  for (const name of ["a", "b"]) onStart(() => (said.push(`+${name}`), () => void said.push(`-${name}`)));
  const stops = startAll();
  expect(said).toEqual(["+a", "+b"]);
  for (const stop of stops) stop();
  expect(said).toEqual(["+a", "+b", "-a", "-b"]);
  startAll(); // the next session
  expect(said.slice(4)).toEqual(["+a", "+b"]);
});

it("hands a frame to those who asked for its type, and to nobody else", () => {
  const heard: string[] = [];
  onFrame("typing", (f) => heard.push(`1 ${f.conversation}`));
  onFrame("typing", (f) => heard.push(`2 ${f.conversation}`));
  onFrame("viewing", () => heard.push("viewing"));
  tell({ type: "typing", conversation: "cv", on: true } as ServerFrame);
  tell({ type: "pong" } as ServerFrame);
  expect(heard).toEqual(["1 cv", "2 cv"]);
});
