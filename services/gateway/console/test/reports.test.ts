import { describe, expect, it, vi } from "vitest";

vi.mock("uplot", () => ({ default: class {} }));
vi.mock("uplot/dist/uPlot.min.css", () => ({}));

import { linesOf, stepsOf } from "../src/reports/Chart";
import { dayIn, everyNumber, formatQuestion, hasParts, isSpread, lacksOccupancy, measured, parseQuestion, plainName, rangeOf, type Question } from "../src/reports/question";
import type { ReportTable, Row } from "../src/reports/shapes";
import { said, took } from "../src/reports/words";

const usual = parseQuestion("");

describe("the question of a report", () => {
  it("reads every address that it writes", () => {
    const all: Question[] = [
      usual, { ...usual, customers: true, segment: "sg1", range: "quarter" }, { ...usual, numbers: ["first_response", "service_level"], business: true },
      { ...usual, step: undefined }, { ...usual, step: undefined, dimension: "queue" }, { ...usual, step: "hour", dimension: "agent" },
      { ...usual, range: "custom", from: "2026-10-01", to: "2026-10-31", zone: "America/New_York" }, { ...usual, only: { tag: "a/b & c", queue: "" } },
    ];
    for (const q of all) expect(parseQuestion(formatQuestion(q))).toEqual(q);
    expect(formatQuestion(usual)).toBe("");
  });
  it("shows the usual report for what it cannot read", () => {
    for (const bad of ["n=evil,nothing", "range=custom", "range=custom&from=2026-02-01&to=2026-01-01", "step=eon&by=nobody"]) {
      const q = parseQuestion(bad);
      expect(q.numbers.length, bad).toBeGreaterThan(0);
      expect(q.range, bad).toBe("week");
    }
  });
  it("covers whole days of its zone, the last one too", () => {
    const now = Date.parse("2026-11-22T16:00:00Z");
    expect(rangeOf({ ...usual, range: "week", zone: "Asia/Seoul" }, now)).toEqual({ from: "2026-11-17", to: "2026-11-24" });
    expect(rangeOf({ ...usual, range: "today", zone: "America/New_York" }, now)).toEqual({ from: "2026-11-22", to: "2026-11-23" });
    expect(rangeOf({ ...usual, range: "custom", from: "2026-02-28", to: "2026-02-28", zone: "UTC" }, now)).toEqual({ from: "2026-02-28", to: "2026-03-01" });
    expect([dayIn("Pacific/Kiritimati", now), dayIn("Pacific/Niue", now)]).toEqual(["2026-11-23", "2026-11-22"]);
  });
  it("knows each number's time of business, and back", () => {
    for (const n of everyNumber) expect(plainName(measured(n, true)), n).toBe(n);
    for (const n of everyNumber.filter(isSpread)) expect(measured(n, true), n).not.toBe(n);
  });
  it("tells shares of two parts from what is made of one", () => {
    expect(["service_level", "csat_rate", "csat_score", "occupancy", "opened"].map(hasParts)).toEqual([true, true, false, false, false]);
  });
  it("says where there is no occupancy", () => {
    const rates = { ...usual, numbers: ["occupancy"] };
    expect([rates, { ...rates, dimension: "agent" as const }, { ...rates, dimension: "queue" as const }, { ...rates, only: { tag: "vip" } }, { ...usual, dimension: "queue" as const }].map(lacksOccupancy)).toEqual([false, false, true, true, false]);
  });
});

describe("the figures of a report", () => {
  const row = (keys: string[], from: string, counts: Record<string, number>): Row => ({ keys, from, to: new Date(Date.parse(from) + 86_400_000).toISOString(), counts, spreads: {}, shares: { csat_score: 4.25, service_level: 0.875, nps_score: -20 } });
  const a = "2026-11-01T00:00:00Z", b = "2026-11-02T00:00:00Z";
  it("says shares in percent, scores as they are, and what is missing as missing", () => {
    const r = row([], a, { opened: 1234 });
    expect([said(r, "opened"), said(r, "resolved"), said(r, "service_level"), said(r, "csat_score"), said(r, "nps_score"), said(r, "reopen_rate")]).toEqual(["1,234", "0", "87.5%", "4.25", "-20", "–"]);
    expect([took(0), took(4_260), took(90_000), took(5_430_000), took(90_061_000)]).toEqual(["0s", "4.3s", "1m 30s", "1h 31m", "1d 1h"]);
  });
  it("draws a line for each group, with nought where nothing was counted", () => {
    const table: ReportTable = { by: ["day", "queue"], numbers: ["opened"], rows: [row(["", "q1"], a, { opened: 1 }), row(["", "q2"], a, { opened: 9 }), row(["", "q1"], b, { opened: 3 })], zone: "UTC", formula: 1, as_of: 1 };
    const got = linesOf(table, { ...usual, step: "day", dimension: "queue" }, "opened", (r, i) => r.keys![i]!);
    expect(got.series).toEqual([{ name: "q2", values: [9, 0] }, { name: "q1", values: [1, 3] }]);
    expect(got.times).toEqual([Date.parse(a) / 1000, Date.parse(b) / 1000]);
    const shares = linesOf(table, { ...usual, step: "day", dimension: "queue" }, "service_level", (r, i) => r.keys![i]!);
    expect(shares.series.find((x) => x.name === "q2")!.values).toEqual([87.5, null]);
  });
  it("draws days without a row, as nought", () => {
    const day = (n: number) => new Date(Date.UTC(2026, 10, n)).toISOString();
    const rows = [row([""], day(1), { opened: 4 }), row([""], day(2), { opened: 5 }), row([""], day(4), { opened: 6 }), row([""], day(9), { opened: 7 })];
    expect(stepsOf(rows).map((at) => new Date(at).getUTCDate())).toEqual([1, 2, 3, 4, 5, 8, 9]);
    const got = linesOf({ by: ["day"], numbers: ["opened"], rows, zone: "UTC", formula: 1, as_of: 1 }, usual, "opened", () => "");
    expect(got.series[0]!.values).toEqual([4, 5, 0, 6, 0, 0, 7]);
  });
});
