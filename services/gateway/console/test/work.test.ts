import { expect, it } from "vitest";
import { asked } from "../src/work/offers";
import { workLine } from "../src/work/lines";
import { newestChoice } from "../src/work/Why";
import { matching, outcomeOf, slash } from "../src/work/ready";
import { pressing, standing } from "../src/work/clocks";
import { scored } from "../src/work/Marks";
import { countdown, span } from "../src/work/span";
import { Offset } from "../src/core/time";
import type { Canned, Clock } from "../src/work/shapes";
import type { Conversation } from "../src/core/wire";

const noon = Date.parse("2026-11-22T12:00:00Z");
const iso = (ms: number) => new Date(noon + ms).toISOString();
const clock = (more: Partial<Clock>): Clock => ({ kind: "first_response", policy: "po1", started_at: iso(-600_000), target_ms: 900_000, ...more });

it("tells a clock by its moments, also before the router has said so", () => {
  const c = clock({ warn_at: iso(-1000), due_at: iso(60_000) });
  expect(standing(c, noon)).toMatchObject({ state: "warned", ms: 60_000 });
  expect(standing(c, noon - 2000)).toMatchObject({ state: "running", ms: 62_000 });
  expect(standing(c, noon + 59_999)).toMatchObject({ state: "warned", ms: 1 });
  expect(standing(c, noon + 60_000)).toMatchObject({ state: "late", ms: 0 });
  expect(standing(c, noon + 61_500)).toMatchObject({ state: "late", ms: 1500 });
});

it("does not count a paused clock down", () => {
  const c = clock({ paused_at: iso(-5000), left_ms: 120_000 });
  expect(standing(c, noon)).toEqual(standing(c, noon + 3_600_000));
  expect(standing(c, noon)).toMatchObject({ state: "paused", ms: 120_000 });
  expect(standing({ ...c, breached: true, left_ms: -9000 }, noon)).toMatchObject({ state: "late", ms: 9000 });
});

it("puts the latest first, then what is due soonest, then what is paused", () => {
  const list = [clock({ paused_at: iso(0), left_ms: 1 }), clock({ due_at: iso(90_000) }), clock({ due_at: iso(-1000) }), clock({ due_at: iso(30_000), warned: true }), clock({ due_at: iso(-60_000) })];
  expect(pressing(list, noon).map((x) => [x.state, x.ms])).toEqual([["late", 60_000], ["late", 1000], ["warned", 30_000], ["running", 90_000], ["paused", 1]]);
  expect(pressing(null, noon)).toEqual([]);
});

it("finds the server's time from what it tells, and forgets what is old", () => {
  const o = new Offset();
  expect(o.value).toBe(0);
  o.saw(noon + 120_000 - 80, noon); // a fresh event: 80 ms on the way
  o.saw(noon - 3_600_000, noon + 1000); // a resumed past says nothing
  expect(o.value).toBe(119_920);
  o.saw(noon + 120_010, noon + 30); // came faster: closer to the truth
  expect(o.value).toBe(119_980);
  o.saw(noon + 20 * 60_000 + 300, noon + 20 * 60_000); // this machine's clock was set since
  expect(o.value).toBe(0);
  o.saw(NaN, noon);
  expect(o.value).toBe(0);
});

it("does not let a clock that was set back keep what was seen before", () => {
  const o = new Offset();
  o.saw(noon, noon + 3_600_000); // this machine ran an hour ahead
  expect(o.value).toBe(-3_600_000);
  o.saw(noon + 5000, noon + 5000); // and was set right
  expect(o.value).toBe(0);
});

it("writes spans in two units and countdowns to the end", () => {
  expect([span(4_000), span(65_000), span(16 * 60_000 + 5000), span(3_720_000), span(86_400_000 * 3), span(-5)]).toEqual(["4s", "1m 5s", "16m", "1h 2m", "3d", "0s"]);
  expect([countdown(59_001), countdown(1), countdown(0), countdown(-9), countdown(61_000)]).toEqual(["1:00", "0:01", "0:00", "0:00", "1:01"]);
});

const conversation = (id: string, more: Partial<Conversation>): Conversation => ({ id, version: 1, status: "open", contact: { id: "ct", name: "" }, queue: "", assignee: "", channels: [], inboxes: [], tags: [], last_message: null, unread: 0, waiting_since: null, created_at: iso(0), updated_at: iso(0), ...more });
const offer = (id: string, agent: string, until: number) => ({ id, agent, at: iso(-1000), until: iso(until) });

it("shows the offers to this agent that stand, the one that ends first at the head", () => {
  const all = [
    conversation("a", { offer: offer("o1", "me", 30_000) }), conversation("b", { offer: offer("o2", "me", 10_000) }), conversation("c", { offer: offer("o3", "other", 5000) }),
    conversation("d", { offer: offer("o4", "me", 0) }), conversation("e", {}),
  ];
  expect(asked(all, "me", noon).map((x) => x.offer.id)).toEqual(["o2", "o1"]);
  expect(asked(all, "me", noon + 10_000).map((x) => x.offer.id)).toEqual(["o1"]);
  expect(asked([conversation("a", {})], "me", noon)).toEqual([]);
});

it("explains an accepted offer by what was said when it was made", () => {
  const line = (fact: string, more: object) => ({ key: fact, at: iso(0), fact, actor: { kind: "system" }, detail: {}, ...more });
  const made = line("conversation.offered", { detail: { agent: "ag1" }, choice: { queue: "qu1", waited_ms: 5, candidates: [{ agent: "ag1", load: 1, capacity: 2, idle: iso(0) }] } });
  const taken = line("conversation.assigned", { detail: { assignee: "ag1" }, choice: { queue: "qu1", waited_ms: 9 } });
  expect(newestChoice([made, taken])).toMatchObject({ agent: "ag1", offered: true, choice: { waited_ms: 5 } });
  expect(newestChoice([taken])).toMatchObject({ agent: "ag1", offered: false });
  expect(newestChoice([line("conversation.opened", {})])).toBeUndefined();
  const hand = line("conversation.assigned", { detail: { assignee: "ag2" }, choice: { queue: "", waited_ms: 0, by_hand: true } });
  expect(newestChoice([made, taken, hand])).toMatchObject({ agent: "ag2", offered: false, choice: { by_hand: true } });
  expect(newestChoice([made, line("conversation.assigned", { detail: { assignee: "ag1" }, choice: { queue: "qu1", waited_ms: 9, candidates: [{ agent: "ag1", load: 1, capacity: 2, idle: iso(0) }] } })])).toMatchObject({ offered: false, choice: { waited_ms: 9 } });
  expect([workLine(hand, "Anna"), workLine(taken, "Anna")]).toEqual([undefined, expect.any(String)]);
});

it("sees a shortcut only where a word begins with a slash", () => {
  expect(slash("/he", 3)).toEqual({ from: 0, word: "he" });
  expect(slash("good day /", 10)).toEqual({ from: 9, word: "" });
  expect(slash("인사 /안", 5)).toEqual({ from: 3, word: "안" });
  expect(slash("and/or", 6)).toBeNull();
  expect(slash("https://x", 9)).toBeNull();
  expect(slash("/he llo", 7)).toBeNull();
  expect(slash("/hello there", 3)).toEqual({ from: 0, word: "he" });
});

it("puts answers whose shortcut begins so before those that only hold it", () => {
  const one = (shortcut: string, name: string): Canned => ({ id: shortcut, shortcut, name, texts: { en: "x" } });
  const all = [one("bye", "Say hello at the end"), one("hello", "Greeting"), one("hei", "Norwegian")];
  expect(matching(all, "he").map((x) => x.id)).toEqual(["hei", "hello", "bye"]);
  expect(matching(all, "").length).toBe(3);
  expect(matching(all, "zzz")).toEqual([]);
});

it("says how far a macro came", () => {
  expect(outcomeOf({}, 3)).toEqual({ done: 3, stopped: "" });
  expect(outcomeOf({ done: 1, problem: { detail: "no" } }, 3)).toEqual({ done: 1, stopped: "no" });
});

it("reads scores on the scale of their kind, nought among them", () => {
  const survey = (kind: "csat" | "nps" | "ces", score?: number) => ({ id: "s", kind, asked_at: iso(0), until: iso(9), score });
  expect(scored(survey("nps", 0))).toEqual({ text: "0/10", mood: "poor" });
  expect(scored(survey("nps", 8)).mood).toBe("");
  expect(scored(survey("csat", 4))).toEqual({ text: "4/5", mood: "good" });
  expect(scored(survey("ces"))).toEqual({ text: "", mood: "" });
});
