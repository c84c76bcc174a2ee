import { expect, it } from "vitest";
import { counts, drillFilter, formatDrill, parseDrill, type What } from "../src/board/drill";
import { joinViews } from "../src/board/join";
import { changed, HOUR, joined, percent, pointsOf } from "../src/board/state";
import type { BoardAnswer, BoardChangeFrame, BoardCourse, BoardLine, BoardMinutes } from "../src/board/shapes";
import { formatRoute, parseRoute } from "../src/core/route";
import { filterOf, matches } from "../src/core/view";
import type { Conversation } from "../src/core/wire";

const noon = Date.parse("2026-11-22T12:00:00Z");
const iso = (s: number) => new Date(noon + s * 1000).toISOString();
const line = (id: string | undefined, waiting: number): BoardLine => ({
  id, open: 0, snoozed: 0, waiting, offered: 0, in_work: 0, at_risk: 0, breached: 0, callbacks: 0, callbacks_due: 0, arrivals: { m1: 1, m5: 0, m15: 0 }, departures: { m1: 2, m5: 0, m15: 0 },
  service_now: { met: 0, missed: 0 }, service_today: { met: 0, missed: 0 }, today: { opened: 0, reopened: 0, resolved: 0, abandoned: 0 },
});
const answer = (at: number, queues: BoardLine[], more: Partial<BoardAnswer> = {}): BoardAnswer => ({ at: iso(at), as_of: 1, total: line(undefined, 9), queues, teams: [], channels: null, inboxes: null, agents: [], ...more });
const change = (at: number, more: Partial<BoardChangeFrame>): BoardChangeFrame => ({ type: "board.changed", id: "board", at: iso(at), as_of: 2, alarms: null, ...more });

it("replaces, adds and takes away lines, and keeps the rest as it is", () => {
  const teams = [line("tm1", 1)];
  const b = answer(0, [line("qa", 1), line("qb", 2), line("qc", 3)], { teams, alarms: [{ id: "al", name: "n", metric: "waiting", scope: { kind: "total" }, value: 1, since: iso(0) }] });
  const after = changed(b, change(1, { queues: [line("qb", 7), line("q0", 4)], removed: [{ kind: "queue", id: "qc" }, { kind: "team", id: "gone" }] }));
  expect(after.queues!.map((x) => [x.id, x.waiting])).toEqual([["q0", 4], ["qa", 1], ["qb", 7]]);
  expect(after.queues![1]).toBe(b.queues![0]);
  expect(after.teams).toEqual(teams);
  expect(after.total).toBe(b.total);
  expect(after.alarms).toEqual([]);
  expect(after.channels).toEqual([]);
  expect(after.at).toBe(iso(1));
});

it("is not moved back by a change from before", () => {
  const b = answer(10, [line("qa", 1)]);
  expect(changed(b, change(9, { queues: [line("qa", 5)] }))).toBe(b);
  expect(changed(b, change(10, { queues: [line("qa", 5)] })).queues![0]!.waiting).toBe(5);
});

it("takes agents away by their ids", () => {
  const agent = (id: string) => ({ id, teams: null, state: "available" as const, in_work: 0, offered: 0, load: 0, capacity: 1 });
  const b = answer(0, [], { agents: [agent("a"), agent("b")] });
  expect(changed(b, change(1, { removed_agents: ["a"], agents: [{ ...agent("b"), load: 1 }] })).agents).toEqual([{ ...agent("b"), load: 1 }]);
});

const minutes = (until: number, waiting: number[], key: Pick<BoardCourse, "kind" | "id"> = { kind: "queue", id: "qa" }): BoardMinutes => ({ until: iso(until), count: waiting.length, lines: [{ ...key, waiting, arrivals: waiting.map((x) => x * 2), departures: waiting.map(() => 0) }] });
const hour = (...end: number[]): number[] => [...Array(HOUR - end.length).fill(0), ...end];

it("shows the whole hour at once, and ends with now", () => {
  const b = answer(30, [line("qa", 5)], { minutes: minutes(0, hour(3, 4)) });
  const points = pointsOf(b, "queue", b.queues![0]);
  expect(points.length).toBe(HOUR + 1);
  expect(points.slice(-3)).toEqual([[noon / 1000 - 60, 3, 6, 0], [noon / 1000, 4, 8, 0], [noon / 1000 + 30, 5, 1, 2]]);
  expect(points[0]![0]).toBe(noon / 1000 - 59 * 60);
  expect(pointsOf(b, "total", b.total).slice(-2)).toEqual([[noon / 1000, 0, 0, 0], [noon / 1000 + 30, 9, 1, 2]]);
  expect(pointsOf(answer(30, [line("qa", 5)]), "queue", line("qa", 5)).length).toBe(1);
});

it("has the hour move on with the minutes that are told", () => {
  let b = answer(30, [line("qa", 5)], { minutes: minutes(0, hour(3, 4)) });
  b = changed(b, change(62, { minutes: minutes(60, [4, 7]) }));
  expect(b.minutes!.lines![0]!.waiting).toEqual(hour(3, 4, 7));
  b = changed(b, change(70, {}));
  expect(b.minutes!.lines![0]!.arrivals).toEqual(hour(6, 8, 14));
  // A minute that was told too early is told again, and a line that is left out had nothing.
  b = changed(b, change(122, { minutes: minutes(120, [8, 1], { kind: "total", id: undefined }) }));
  expect(b.minutes!.lines!.map((x) => [x.kind, x.waiting.slice(-4)])).toEqual([["queue", [3, 4, 0, 0]], ["total", [0, 0, 8, 1]]]);
  expect(b.minutes!.until).toBe(iso(120));
  // After a long while nothing of before is left.
  expect(joined(b.minutes, minutes(2 * 3600, hour(1))).lines![0]!.waiting).toEqual(hour(1));
});

const conversation = (more: Partial<Conversation>): Conversation => ({ id: "cv", version: 1, status: "open", contact: { id: "ct", name: "" }, queue: "qa", assignee: "", channels: ["email"], inboxes: ["ib"], tags: [], last_message: null, unread: 0, waiting_since: null, created_at: iso(0), updated_at: iso(0), ...more });
const counted = (what: What, c: Partial<Conversation>) => counts({ kind: "queue", id: "qa", what }, conversation(c));
const clock = (more: object) => ({ kind: "first_response" as const, policy: "p", started_at: iso(0), target_ms: 1, ...more });

it("opens a number to just what it counts", () => {
  const wait = { queue: "qa", since: iso(0), entered: iso(0) };
  expect(counted("waiting", { wait })).toBe(true);
  expect(counted("waiting", { waiting_since: iso(0) })).toBe(true);
  expect(counted("waiting", { waiting_since: iso(0), assignee: "ag" })).toBe(false);
  expect(counted("waiting", {})).toBe(false);
  expect(counted("in_work", { assignee: "ag" })).toBe(true);
  expect(counted("in_work", { assignee: "ag", status: "snoozed" })).toBe(false);
  expect(counted("offered", { wait, offer: { id: "o", agent: "ag", at: iso(0), until: iso(9) } })).toBe(true);
  expect(counted("at_risk", { status: "snoozed", clocks: [clock({ warned: true })] })).toBe(true);
  expect(counted("at_risk", { clocks: [clock({ warned: true }), clock({ breached: true })] })).toBe(false);
  expect(counted("breached", { clocks: [clock({ warned: true, breached: true })] })).toBe(true);
  expect(counted("breached", { clocks: [clock({ breached: true })], status: "resolved" })).toBe(false);
  expect(counted("open", { queue: "other" })).toBe(false);
  const callback = { id: "cb", number: "1", reason: "asked", requested_at: iso(0) };
  expect(counted("callbacks_due", { callback })).toBe(true);
  expect(counted("callbacks_due", { callback: { ...callback, wanted_at: new Date(Date.now() + 60_000).toISOString() } })).toBe(false);
});

it("goes by a link and back", () => {
  const d = { kind: "channel" as const, id: "a/b", what: "at_risk" as const };
  expect(parseDrill(formatDrill(d))).toEqual(d);
  const hash = formatRoute({ view: { kind: "load", id: formatDrill(d) } });
  expect(parseRoute(hash).view).toEqual({ kind: "load", id: formatDrill(d) });
  expect(parseDrill("nothing/queue/q")).toBeNull();
  expect(parseRoute("#/board/team").board).toBe("team");
  expect(parseRoute("#/board/elsewhere").board).toBe("queue");
  expect(formatRoute(parseRoute("#/board/inbox"))).toBe("#/board/inbox");
});

it("shows what is open until somebody can read what a view says, and where nobody can", () => {
  const late = { kind: "load" as const, id: "breached/total/" };
  const snoozed = conversation({ status: "snoozed", clocks: [clock({ breached: true })] });
  expect(filterOf(late)).toEqual({ status: "open" });
  expect(matches(late, snoozed, "me")).toBe(false);
  joinViews();
  expect(filterOf(late)).toEqual({ limit: 200, clock: "breached" });
  expect(matches(late, snoozed, "me")).toBe(true);
  expect(filterOf({ kind: "load", id: "garbled" })).toEqual({ status: "open" });
  expect(matches({ kind: "load", id: "garbled" }, conversation({}), "me")).toBe(true);
});

it("asks the server for as little as it can", () => {
  joinViews();
  expect(drillFilter({ kind: "queue", id: "qa", what: "waiting" })).toMatchObject({ status: "open", assignee: "none", queue: "qa" });
  expect(drillFilter({ kind: "team", id: "tm", what: "breached" })).toEqual({ limit: 200, clock: "breached" });
  expect(drillFilter({ kind: "inbox", id: "ib", what: "at_risk" })).toEqual({ limit: 200, clock: "at-risk", inbox: "ib" });
  expect(filterOf({ kind: "load", id: "callbacks_due/total/" })).toMatchObject({ callback: "open" });
  expect(matches({ kind: "load", id: "in_work/total/" }, conversation({ assignee: "x" }), "me")).toBe(true);
});

it("has no share of nothing", () => {
  expect(percent(0, 0)).toBeNull();
  expect(percent(2, 3)).toBe(66);
});
