import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

vi.mock("uplot", () => ({ default: class {} }));
vi.mock("uplot/dist/uPlot.min.css", () => ({}));

import type { QueueRules } from "../src/admin/shapes";
import { formatRoute, parseRoute, route } from "../src/core/route";
import { toasts } from "../src/core/actions";
import { me } from "../src/core/store";
import { houseZone } from "../src/core/zone";
import { languages } from "../src/i18n";
import { columns } from "../src/whatif/Chart";
import { measures, peakOf, queuesOf, trusted, valueOf, verdictOf } from "../src/whatif/compare";
import { bodyOf, changesOf, faultOf, formatQuestion, parseQuestion, spanOf, type Question } from "../src/whatif/question";
import { ask, openWhatIf, play, run, stop } from "../src/whatif/run";
import type { Answer, Count, Run } from "../src/whatif/shapes";
import { apart, changeWords, figure, measureName } from "../src/whatif/words";

const usual = parseQuestion("");
const billing: QueueRules = { id: "q1", name: "Billing", teams: ["t1"], mode: "push", needs: [{ skill: "ko", level: 3 }] };
const back: QueueRules = { id: "q2", name: "Back", teams: [], mode: "push" };
const today = [billing, back];
const now = Date.parse("2026-11-22T03:00:00Z"); // noon in Seoul

describe("the question about a past day", () => {
  it("reads every address that it writes", () => {
    const all: Question[] = [
      usual, { ...usual, day: "2026-11-20", from: "13:00", to: "18:30", agents: 2, team: "a/b & c", capacity: 60, target: 90, without: ["ko", "a&b"], today: ["q1", "q/2"] }, { ...usual, agents: -3 },
      { ...usual, queues: { q1: { boost: 1, needs: [], overflow_to: "q2", overflow_after: 300 }, "q/2": {} } },
    ];
    for (const q of all) {
      expect(parseQuestion(formatQuestion(q))).toEqual(q);
      expect(parseRoute(formatRoute({ view: { kind: "all" }, whatif: formatQuestion(q) })).whatif).toBe(formatQuestion(q));
    }
    expect(formatQuestion(usual)).toBe("");
  });
  it("takes nothing from a link that is not what it says", () => {
    const bad = parseQuestion(`day=tomorrow&from=25:00&to=7&agents=1.5&capacity=-1&target=0&queue.q1=${encodeURIComponent('{"boost":"x","name":"evil","wrap_up":1e9,"needs":[{"skill":"ko","level":99}],"overflow_to":"q2","toString":1}')}&queue.q2=nonsense&without=${"x".repeat(65)}`);
    expect(bad).toEqual({ ...usual, queues: { q1: { overflow_to: "q2" }, q2: {} } });
    expect(parseQuestion("day=2026-99-99").day).toBe("");
  });
  it("is about the house's hours, also those after midnight", () => {
    const of = (q: Partial<Question>) => ((s) => [new Date(s.from).toISOString(), new Date(s.to).toISOString()])(spanOf({ ...usual, ...q }, "Asia/Seoul", now));
    expect(of({})).toEqual(["2026-11-20T15:00:00.000Z", "2026-11-21T15:00:00.000Z"]);
    expect(of({ day: "2026-11-20", from: "13:00", to: "18:00" })).toEqual(["2026-11-20T04:00:00.000Z", "2026-11-20T09:00:00.000Z"]);
    expect(of({ day: "2026-11-20", from: "22:00", to: "02:00" })).toEqual(["2026-11-20T13:00:00.000Z", "2026-11-20T17:00:00.000Z"]);
    expect(of({ day: "2026-11-20", from: "13:00" })).toEqual(["2026-11-20T04:00:00.000Z", "2026-11-20T15:00:00.000Z"]);
    // A day on which the clocks are put forward has 23 hours.
    const spring = spanOf({ ...usual, day: "2026-03-08" }, "America/New_York", now);
    expect(spring.to - spring.from).toBe(23 * 3_600_000);
  });
  it("sends whole queues, and of those only where something differs from today", () => {
    const q: Question = { ...usual, day: "2026-11-20", agents: 2, team: "t1", queues: { q1: { needs: [], overflow_to: "q2", overflow_after: 300 }, q2: { boost: 0 }, gone: { boost: 1 } } };
    expect(changesOf(q, today).map((x) => [x.queue.id, x.change])).toEqual([["q1", { needs: [], overflow_to: "q2", overflow_after: 300 }]]);
    expect(bodyOf(q, today, "Asia/Seoul", now)).toEqual({ day: "2026-11-20", agents: 2, team: "t1", target: 60, queues: [{ ...billing, needs: [], overflow_to: "q2", overflow_after: 300 }] });
    expect(bodyOf({ ...usual, from: "09:00", capacity: 30, team: "t1" }, today, "Asia/Seoul", now)).toEqual({ from: "2026-11-21T00:00:00.000Z", to: "2026-11-21T15:00:00.000Z", capacity: 30, target: 60, queues: [] });
    expect(bodyOf({ ...usual, without: ["ko"] }, today, "Asia/Seoul", now).without).toEqual(["ko"]);
    expect(bodyOf({ ...usual, today: ["q2", "gone"] }, today, "Asia/Seoul", now)).toMatchObject({ today: ["q2"], queues: [] });
  });
  it("says what keeps it from being played", () => {
    expect(faultOf({ ...usual, today: ["gone"] }, today, "Asia/Seoul", now)).toBe("nothing");
    expect(faultOf(usual, today, "Asia/Seoul", now)).toBe("nothing");
    expect(faultOf({ ...usual, queues: { q1: { needs: billing.needs } } }, today, "Asia/Seoul", now)).toBe("nothing");
    expect(faultOf({ ...usual, day: "2026-11-22", from: "12:00", agents: 1 }, today, "Asia/Seoul", now)).toBe("future");
    for (const q of [{ agents: -1 }, { capacity: 60 }, { queues: { q1: { needs: [] } } }, { without: ["ko"] }, { today: ["q1"] }, { day: "2026-11-22", from: "11:59", agents: 1 }]) expect(faultOf({ ...usual, ...q }, today, "Asia/Seoul", now)).toBe("");
  });
  it("says in words what is changed, and from what", () => {
    const q: Question = { ...usual, agents: -2, capacity: 60, without: ["ko"], queues: { q1: { boost: 1, needs: [], overflow_after: 300, overflow_to: "q2" } } };
    const said = changeWords(q, changesOf(q, today), [{ id: "ko", name: "Korean" }]);
    expect(said).toContain("Agents: −2, All teams");
    expect(said).toContain("Billing, Skills needed: none (today Korean 3)");
    expect(said).toContain("Billing, Overflows after: 5m (today none)");
    expect(said).toContain("Not needed: Korean");
    expect(said).toHaveLength(7);
  });
});

const count = (c: Partial<Count>): Count => ({ arrivals: 0, taken: 0, abandoned: 0, otherwise: 0, waiting: 0, average_ms: 0, median_ms: 0, p90_ms: 0, longest_ms: 0, in_time: 0, backlog: [0], ...c });
const ran = (total: Partial<Count>, queues: Partial<Count>[] = [], agents = 3): Run => ({ agents, occupancy: 0.5, total: count(total), queues: queues.map(count) });
const answer = (was: Run, unchanged: Run, changed: Run): Answer => ({ from: "2026-11-20T15:00:00Z", to: "2026-11-20T16:00:00Z", target: 60, was, unchanged, changed, assumptions: ["Patience."], assumed: ["patience"], step: 900 });
const slow = { arrivals: 10, taken: 8, abandoned: 2, in_time: 0.5, median_ms: 90_000, p90_ms: 200_000, longest_ms: 300_000, backlog: [0, 4, 2, 1] };
const quick = { arrivals: 10, taken: 10, abandoned: 0, in_time: 0.9, median_ms: 20_000, p90_ms: 50_000, longest_ms: 70_000, backlog: [0, 1, 1, 0] };

describe("two runs side by side", () => {
  it("says which way is better, and makes nothing of what is not there", () => {
    expect(verdictOf("in_time", 0.5, 0.9)).toBe("better");
    expect(verdictOf("median_ms", 20_000, 90_000)).toBe("worse");
    expect(verdictOf("arrivals", 1, 2)).toBe("more");
    expect(verdictOf("occupancy", 0.5, 0.4)).toBe("less");
    expect(verdictOf("in_time", 0.90001, 0.9)).toBe("same");
    const none = ran({ arrivals: 3, waiting: 3 });
    expect([valueOf(none, "", "in_time"), valueOf(none, "", "median_ms"), valueOf(none, "", "waiting"), valueOf(none, "q9", "agents"), valueOf(none, "", "most")]).toEqual([null, null, 3, null, 0]);
    expect(verdictOf("median_ms", null, 3)).toBe("");
  });
  it("writes the difference as long as there is one, in the unit of the number", () => {
    expect([apart("in_time", 0.5, 0.905), apart("median_ms", 90_000, 20_000), apart("taken", 8, 10), apart("agents", 3, 2.5), apart("abandoned", 2, 2), apart("longest_ms", null, 5)]).toEqual(["+40.5 points", "−1m 10s", "+2", "−0.5", "", ""]);
    expect([figure("in_time", 0.905), figure("median_ms", 0), figure("agents", 2.46), figure("taken", null)]).toEqual(["90.5%", "0s", "2.5", "–"]);
    expect(measureName("in_time", 90)).toBe("Taken within 1m 30s");
  });
  it("trusts a replay that comes close to the day, and no other", () => {
    expect(trusted(answer(ran(slow), ran({ ...slow, median_ms: 95_000 }), ran(quick)), "")).toBe(true);
    expect(trusted(answer(ran(slow), ran(quick), ran(quick)), "")).toBe(false);
    expect(trusted(answer(ran({ arrivals: 1, waiting: 1 }), ran(quick), ran(quick)), "")).toBe(false);
  });
  it("draws both lines over the same steps, of a queue that one run does not have too", () => {
    const a = answer(ran(slow, [{ ...slow, queue: "q1" }]), ran(slow), ran(quick, [{ ...quick, queue: "q2" }]));
    expect(queuesOf(a).sort()).toEqual(["q1", "q2"]);
    const at = Date.parse(a.from) / 1000;
    expect(columns(a, "")).toEqual([[0, 1, 2, 3, 4].map((i) => at + i * 900), [0, 4, 2, 1, 1], [0, 1, 1, 0, 0]]);
    expect(columns(a, "q1")[2]).toEqual([0, 0, 0, 0, 0]);
    expect(peakOf(a, a.was, "")).toEqual({ n: 4, at: at + 900 });
    expect(peakOf(a, a.changed, "q1")).toBeNull();
  });
  it("has words in every language for every number, verdict and assumption", () => {
    for (const { whatif: w } of Object.values(languages)) {
      for (const m of measures) expect(w.measures[m], m).toBeTruthy();
      for (const v of ["better", "worse", "more", "less", "same"]) expect(w.verdicts[v], v).toBeTruthy();
      for (const x of ["patience", "work", "offers", "presence", "pull", "settings"]) expect(w.assumed[x], x).toBeTruthy();
    }
  });
});

describe("a run", () => {
  let answers: ((r: Response) => void)[] = [];
  beforeEach(() => {
    answers = [];
    houseZone.value = "Asia/Seoul";
    me.value = { id: "a1", role: "supervisor" } as typeof me.value;
    vi.stubGlobal("location", { hash: "" });
    vi.stubGlobal("history", { replaceState: (_: unknown, __: string, hash: string) => (location.hash = hash), pushState: (_: unknown, __: string, hash: string) => (location.hash = hash) });
    vi.stubGlobal("fetch", (_: string, o: RequestInit) => new Promise<Response>((yes, no) => {
      answers.push(yes);
      o.signal?.addEventListener("abort", () => no(new DOMException("stopped", "AbortError")));
    }));
    ask(usual);
  });
  afterEach(() => (stop(), vi.unstubAllGlobals()));
  const reply = (n: number, status: number, body: unknown) => answers[n]!(new Response(JSON.stringify(body), { status }));
  const told = answer(ran(slow), ran(slow), ran(quick));

  it("goes on while its page is left, and says when it is over", async () => {
    const over = play({ ...usual, agents: 1 }, today, []);
    expect(run()?.answer).toBeUndefined();
    expect(parseQuestion(route.value.whatif!).day).not.toBe("");
    route.value = { view: { kind: "all" } };
    reply(0, 200, told);
    await over;
    expect(run()?.answer).toEqual(told);
    expect(toasts.value.at(-1)?.text).toBe(languages.en.whatif.finished);
    me.value = { id: "a2", role: "supervisor" } as typeof me.value;
    expect(run()).toBeNull(); // somebody else has signed in
  });
  it("shows the answer to the last question, whichever comes first", async () => {
    const first = play({ ...usual, agents: 1 }, today, []), second = play({ ...usual, agents: 2 }, today, []);
    reply(1, 200, told);
    await Promise.all([first, second]);
    expect(run()?.question.agents).toBe(2);
  });
  it("opens about the day of a past minute, and else as it was left", () => {
    ask({ ...usual, agents: 3, from: "09:00" });
    openWhatIf(Date.parse("2026-11-20T16:00:00Z"), "Asia/Seoul");
    expect(parseQuestion(route.value.whatif!)).toEqual({ ...usual, day: "2026-11-21", agents: 3 });
    route.value = { view: { kind: "all" }, board: "queue" };
    location.hash = "#/board/queue";
    ask({ ...usual, agents: 4 });
    location.hash = "#/board/queue";
    openWhatIf(null, "Asia/Seoul");
    expect(parseQuestion(route.value.whatif!).agents).toBe(4);
  });
  it("says in words that the server is busy, and is gone when it is stopped", async () => {
    const busy = play({ ...usual, agents: 1 }, today, []);
    reply(0, 503, { detail: "others ask too, try again" });
    await busy;
    expect(run()?.error).toBe(languages.en.whatif.busy);
    const stopped = play({ ...usual, agents: 1 }, today, []);
    stop();
    await stopped;
    expect(run()).toBeNull();
  });
});
