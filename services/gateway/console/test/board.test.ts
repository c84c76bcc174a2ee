import { expect, it, vi } from "vitest";
import { behind, formatDrill, parseDrill } from "../src/board/drill";
import { joinViews } from "../src/board/join";
import { changed, HOUR, inTime, joined, percent, pointsOf } from "../src/board/state";
import type { BoardAnswer, BoardChangeFrame, BoardCourse, BoardLine, BoardMinutes } from "../src/board/shapes";
import { formatRoute, parseRoute } from "../src/core/route";
import { askerOf, filterOf, given, matches } from "../src/core/view";
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
  expect(given(late)).toBe(false);
  expect(filterOf(late)).toEqual({ status: "open" });
  joinViews();
  expect(given(late)).toBe(true);
  expect(askerOf({ kind: "load", id: "garbled" })).toBeNull();
  expect(matches({ kind: "load", id: "garbled" }, conversation({}), "me")).toBe(true);
  expect(given({ kind: "all" })).toBe(false);
});

it("asks the server which conversations a number counts, page by page", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: string) => (asked.push(url), Promise.resolve(new Response(JSON.stringify({ items: [conversation({})], next_cursor: "c2" })))));
  const page = behind({ kind: "queue", id: "q/a", what: "late" });
  expect((await page(undefined, new AbortController().signal)).next_cursor).toBe("c2");
  await page("c2", new AbortController().signal);
  await behind({ kind: "total", id: "", what: "waiting" })(undefined, new AbortController().signal);
  vi.unstubAllGlobals();
  const said = asked.map((url) => [url.split("?")[0], Object.fromEntries(new URLSearchParams(url.split("?")[1]))]);
  expect(said).toEqual([
    ["/api/v1/board/conversations", { kind: "queue", id: "q/a", number: "late", limit: "200" }], ["/api/v1/board/conversations", { kind: "queue", id: "q/a", number: "late", cursor: "c2", limit: "200" }],
    ["/api/v1/board/conversations", { kind: "total", number: "waiting", limit: "200" }],
  ]);
});

it("counts who waits beyond the target among those who were not answered in time", () => {
  expect(inTime({ met: 3, missed: 1 })).toBe(75);
  expect(inTime({ met: 3, missed: 1, late: 2 })).toBe(50);
  expect(inTime({ met: 0, missed: 0, late: 1 })).toBe(0);
  expect(inTime({ met: 0, missed: 0 })).toBeNull();
});

it("has no share of nothing", () => {
  expect(percent(0, 0)).toBeNull();
  expect(percent(2, 3)).toBe(66);
});
