// What a report asks, as the address of its page keeps it: a link to a report
// shows the same report.
import { homeZone } from "../core/zone";
import { dimensions, steps, type By, type Dimension, type Step } from "./shapes";

/** The numbers by what they are about, in the order of the table. */
export const sheets: Record<string, string[]> = {
  volume: ["opened", "reopened", "resolved", "backlog", "received", "sent", "taken", "abandoned"],
  speed: ["first_response", "next_response", "resolution_time", "handle_time", "queue_time"],
  promises: ["service_level", "next_response_level", "resolution_level", "first_response_met", "first_response_missed", "next_response_met", "next_response_missed", "resolution_met", "resolution_missed"],
  rates: ["resolution_rate", "reopen_rate", "abandonment_rate", "occupancy", "busy_time"],
  satisfaction: ["csat_score", "csat_rate", "csat_response_rate", "csat_answered", "nps_score", "nps_response_rate", "nps_answered", "ces_score", "ces_rate", "ces_response_rate", "ces_answered"],
  callbacks: ["callbacks_asked", "callbacks_reached", "callbacks_in_vain", "callback_time"],
};
export const everyNumber: readonly string[] = Object.values(sheets).flat();

/** What each time is called when it is measured in hours of business. */
const business: Record<string, string> = { first_response: "first_response_business", next_response: "next_response_business", resolution_time: "resolution_business", handle_time: "handle_time_business", queue_time: "queue_time_business", callback_time: "callback_time_business" };
const calendar = Object.fromEntries(Object.entries(business).map(([a, b]) => [b, a]));

/** What the server calls a number in one kind of time, and back again. */
export const measured = (n: string, inBusiness: boolean): string => (inBusiness ? (business[n] ?? n) : n);
export const plainName = (n: string): string => calendar[n] ?? n;

export const isSpread = (n: string): boolean => n in business || n in calendar;

const shares: readonly string[] = [
  "reopen_rate", "resolution_rate", "abandonment_rate", "service_level", "next_response_level", "resolution_level", "occupancy",
  "csat_score", "csat_rate", "csat_response_rate", "nps_score", "nps_response_rate", "ces_score", "ces_rate", "ces_response_rate",
];
export const isShare = (n: string): boolean => shares.includes(n);

/** Sums of time, in milliseconds. */
export const isTime = (n: string): boolean => n === "busy_time" || n === "available_time";

/** What a share opens to: all that it is a part of, or what it counts of them. */
export type Part = "below" | "above";

/** Reports whether a share is of two parts that are told apart. Of a score and of
 * the time that agents were busy there is only what they are made of. */
export const hasParts = (n: string): boolean => isShare(n) && n !== "occupancy" && !n.endsWith("_score");

/** Reports whether a question can have no occupancy: an agent is there for all of
 * their queues at once, so it is told by agent, team and time alone. */
export const lacksOccupancy = (q: Question): boolean =>
  q.numbers.includes("occupancy") && [q.dimension, ...Object.keys(q.only)].some((d) => d && d !== "agent" && d !== "team");

export type RangeName = "today" | "week" | "month" | "quarter" | "custom";

export interface Question {
  /** The customers' sheet asks something else than numbers. */
  customers: boolean;
  numbers: string[];
  step?: Step;
  dimension?: Dimension;
  range: RangeName;
  /** Days as YYYY-MM-DD; only for a custom range, both within it. */
  from: string;
  to: string;
  zone: string;
  business: boolean;
  only: Partial<Record<Dimension, string>>;
  segment: string;
}

const date = /^\d{4}-\d{2}-\d{2}$/;

export function parseQuestion(query: string): Question {
  const p = new URLSearchParams(query);
  const numbers = (p.get("n") ?? "").split(",").filter((n) => everyNumber.includes(n));
  const range = (["today", "week", "month", "quarter", "custom"] as const).find((r) => r === p.get("range")) ?? "week";
  const from = p.get("from") ?? "", to = p.get("to") ?? "";
  const dated = date.test(from) && date.test(to) && from <= to;
  return {
    customers: p.get("sheet") === "customers",
    numbers: numbers.length ? numbers : sheets.volume!,
    step: p.has("step") ? steps.find((s) => s === p.get("step")) : p.has("by") ? undefined : "day",
    dimension: dimensions.find((d) => d === p.get("by")),
    range: range === "custom" && !dated ? "week" : range,
    from: dated ? from : "", to: dated ? to : "",
    zone: p.get("zone") || homeZone(),
    business: p.get("time") === "business",
    only: Object.fromEntries(dimensions.flatMap((d) => (p.has(`only.${d}`) ? [[d, p.get(`only.${d}`)!]] : []))),
    segment: p.get("segment") ?? "",
  };
}

export function formatQuestion(q: Question): string {
  const p = new URLSearchParams();
  if (q.customers) p.set("sheet", "customers");
  if (q.numbers.join() !== sheets.volume!.join()) p.set("n", q.numbers.join());
  if (q.dimension) p.set("by", q.dimension);
  if (q.step !== (q.dimension ? undefined : "day")) p.set("step", q.step ?? "");
  if (q.range !== "week") p.set("range", q.range);
  if (q.range === "custom") p.set("from", q.from), p.set("to", q.to);
  if (q.zone !== homeZone()) p.set("zone", q.zone);
  if (q.business) p.set("time", "business");
  for (const [d, v] of Object.entries(q.only)) p.set(`only.${d}`, v);
  if (q.segment) p.set("segment", q.segment);
  return p.toString();
}

const DAY = 86_400_000;

/** The day in a zone, as YYYY-MM-DD. */
export function dayIn(zone: string, at: number): string {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(at).map((x) => [x.type, x.value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** The day that many days later. */
export const dayAfter = (day: string, n: number): string => new Date(Date.parse(day + "T00:00:00Z") + n * DAY).toISOString().slice(0, 10);

/** The range in days of the report's zone: the first one, and the one after the
 * last. When they begin there is the server's to say. */
export function rangeOf(q: Question, now: number): { from: string; to: string } {
  if (q.range === "custom") return { from: q.from, to: dayAfter(q.to, 1) };
  const back = { today: 0, week: 6, month: 29, quarter: 89 }[q.range];
  const today = dayIn(q.zone, now);
  return { from: dayAfter(today, -back), to: dayAfter(today, 1) };
}

/** What the rows are grouped by. */
export const groups = (q: Question): By[] => [...(q.step ? [q.step] : []), ...(q.dimension ? [q.dimension] : [])];
