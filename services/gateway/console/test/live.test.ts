import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { backoff, Live, verdict, type LinkState } from "../src/core/live";
import type { ServerFrame } from "../src/core/wire";

class Socket {
  static all: Socket[] = [];
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  send(s: string) {
    this.sent.push(JSON.parse(s));
  }
  close() {
    this.readyState = 3;
  }
  say(f: object) {
    this.onmessage!({ data: JSON.stringify(f) });
  }
  end(code: number) {
    this.readyState = 3;
    this.onclose!({ code });
  }
}

const hello = { type: "hello", protocol: 1, session: "s", cursor: "5", agent: "ag1", role: "agent" };
let cursor = "", states: LinkState[] = [], frames: ServerFrame[] = [], probes = 0;
const last = () => Socket.all.at(-1)!;

function start(): Live {
  const live = new Live({
    url: "ws://x/live", cursor: () => cursor, dropCursor: () => (cursor = ""), frame: (f) => frames.push(f), state: (s) => states.push(s), probe: () => probes++,
  });
  live.start();
  return live;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  Socket.all = [];
  states = [];
  frames = [];
  cursor = "";
  probes = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("subscribes after hello and resumes with its cursor after a break", () => {
  start();
  last().say(hello);
  expect(last().sent).toEqual([{ type: "subscribe", id: "all", view: "all", limit: 50 }]);
  cursor = "42";
  last().end(4408);
  expect(states.at(-1)).toBe("waiting");
  vi.advanceTimersByTime(backoff(0, 1));
  expect(Socket.all).toHaveLength(2);
  last().say(hello);
  expect(last().sent[0]).toMatchObject({ type: "subscribe", cursor: "42" });
  expect(states.at(-1)).toBe("live");
});

it("begins anew when the server does not know the cursor", () => {
  cursor = "garbage";
  start();
  last().say(hello);
  last().say({ type: "error", id: "all", code: "bad_cursor", detail: "" });
  expect(last().sent.at(-1)).toEqual({ type: "subscribe", id: "all", view: "all", limit: 50 });
});

it("finds a silent socket by ping and connects again", () => {
  start();
  last().say(hello);
  vi.advanceTimersByTime(20_000);
  expect(last().sent.at(-1)).toEqual({ type: "ping" });
  last().say({ type: "pong" });
  vi.advanceTimersByTime(20_000 + 8_000);
  expect(states.at(-1)).toBe("waiting");
  vi.advanceTimersByTime(backoff(0, 1));
  expect(Socket.all).toHaveLength(2);
});

it("obeys the close codes", () => {
  expect([1001, 4429, 4503].map(verdict)).toEqual(["pause", "pause", "pause"]);
  expect([1000, 1006, 4408].map(verdict)).toEqual(["resume", "resume", "resume"]);
  for (const [code, state] of [[4401, "signin"], [4403, "refused"], [4400, "refused"], [1009, "refused"]] as const) {
    start();
    last().say(hello);
    const n = Socket.all.length;
    last().end(code);
    expect(states.at(-1)).toBe(state);
    vi.advanceTimersByTime(120_000);
    expect(Socket.all).toHaveLength(n);
  }
});

it("asks whether the session is good when the upgrade was refused", () => {
  start();
  last().end(1006);
  expect(probes).toBe(1);
});

it("refuses a server that speaks another protocol", () => {
  start();
  last().say({ ...hello, protocol: 2 });
  expect(states.at(-1)).toBe("refused");
  vi.advanceTimersByTime(120_000);
  expect(Socket.all).toHaveLength(1);
});

it("ignores a socket that it has given up", () => {
  start();
  const old = last();
  old.say(hello);
  vi.advanceTimersByTime(28_000 + backoff(0, 1));
  expect(Socket.all).toHaveLength(2);
  const n = frames.length;
  old.say({ type: "event" });
  old.end(1006);
  expect(frames).toHaveLength(n);
  expect(Socket.all).toHaveLength(2);
});

it("backs off with a ceiling and jitter", () => {
  expect(backoff(0, 0)).toBe(200);
  expect(backoff(0, 1)).toBe(400);
  expect(backoff(50, 1)).toBe(15_000);
  expect(backoff(0, 0, true)).toBe(1_700);
});
