import { beforeEach, expect, it, vi } from "vitest";
import { toasts } from "../src/core/actions";
import { CUT, loadPresence, noticePresence, presence, secondsUntil, stand } from "../src/work/presence";
import { me, session } from "../src/core/store";
import type { Author, Conversation } from "../src/core/wire";
import type { Presence } from "../src/work/shapes";

let answers: (() => Promise<Response>)[] = [];
const answer = (p: Partial<Presence>) => new Response(JSON.stringify({ agent: "me", state: "available", since: "2026-11-22T10:00:00Z", ...p }), { status: 200 });

beforeEach(() => {
  answers = [];
  toasts.value = [];
  presence.value = null;
  vi.stubGlobal("fetch", () => answers.shift()!());
});

it("says so when the break of a connection took somebody offline", async () => {
  const before: Presence = { agent: "me", state: "available", since: "2026-11-22T10:00:00Z" };
  answers.push(async () => answer({ state: "offline", reason: CUT, since: "2026-11-22T10:05:00Z" }));
  await loadPresence(before);
  expect(presence.value?.state).toBe("offline");
  expect(toasts.value.map((x) => x.bad)).toEqual([true]);
});

it("says so when they are available again, and nothing when nothing has changed", async () => {
  const before: Presence = { agent: "me", state: "available", since: "2026-11-22T10:00:00Z" };
  answers.push(async () => answer({}));
  await loadPresence(before);
  expect(toasts.value).toEqual([]);
  answers.push(async () => answer({ since: "2026-11-22T10:06:00Z" }));
  await loadPresence(before);
  expect(toasts.value.map((x) => x.bad)).toEqual([false]);
});

it("does not let an answer from before a wish undo it", async () => {
  let late: (r: Response) => void = () => {};
  answers.push(() => new Promise((done) => (late = done)), async () => answer({ state: "away", reason: "lunch" }));
  const asked = loadPresence();
  await stand("away", "lunch");
  late(answer({ state: "available" }));
  await asked;
  expect(presence.value).toMatchObject({ state: "away", reason: "lunch" });
});

it("looks again when an offer to this agent ends, and not for others", async () => {
  vi.useFakeTimers();
  me.value = { id: "ag1", name: "", email: "", role: "agent", teams: [] };
  session.value = "in";
  let calls = 0;
  vi.stubGlobal("fetch", async () => (calls++, answer({ state: "away" })));
  const closed = (agent: string) => noticePresence({ type: "event", id: "all", cursor: "", fact: "offer.closed", conversation: null, data: { agent, outcome: "expired" } });
  closed("ag2");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toBe(0);
  closed("ag1");
  closed("ag1");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toBe(1);
  expect(presence.value?.state).toBe("away");
  session.value = "out";
  vi.useRealTimers();
});

it("looks again at how one stands once a visitor has ended what one had", async () => {
  vi.useFakeTimers();
  me.value = { id: "ag1", name: "Anna", email: "", role: "agent", teams: [] };
  session.value = "in";
  let calls = 0;
  vi.stubGlobal("fetch", async () => (calls++, answer({ state: "wrap-up" })));
  const over = (assignee: string, actor: string) => noticePresence({
    type: "event", id: "all", cursor: "", fact: "conversation.resolved", actor: { kind: actor, id: "", name: "" } as Author, conversation: { id: "cv1", assignee } as Conversation,
  });
  over("ag2", "system");
  over("ag1", "agent"); // another one's doing, which leaves nobody time to finish
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toBe(0);
  over("ag1", "system");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toBe(1);
  session.value = "out";
  vi.useRealTimers();
});

it("counts to when a time of the clock comes next", () => {
  const now = new Date(2026, 10, 22, 12, 45, 30);
  expect([secondsUntil("13:00", now), secondsUntil("12:46", now), secondsUntil("", now), secondsUntil("nonsense", now)]).toEqual([870, 30, undefined, undefined]);
  expect(secondsUntil("12:45", now)).toBeLessThanOrEqual(86_400);
  expect(secondsUntil("12:45", now)).toBeGreaterThan(82_000);
});
