// Where reports are read.
import { call, q as withQuery, type Query } from "../core/api";
import type { Conversation, CustomerValue } from "../core/wire";
import { groups, measured, rangeOf, type Part, type Question } from "./question";
import { steps, type By, type ReportTable, type Retention, type Row } from "./shapes";

// The server knows those without a value by a word of its own.
const narrowed = (only: Partial<Record<string, string>>): Query => Object.fromEntries(Object.entries(only).map(([d, v]) => [d, v || "none"]));

const asked = (q: Question, by: By[], now: number): Query => ({ metric: q.numbers.map((n) => measured(n, q.business)).join(","), by: by.join(","), ...rangeOf(q, now), zone: q.zone, ...narrowed(q.only) });

/** The table, and the same numbers over the whole range: those of the rows cannot
 * be added up where somebody has two tags. */
export async function readReport(q: Question, now: number, signal?: AbortSignal): Promise<{ table: ReportTable; whole?: Row }> {
  const by = groups(q);
  const read = (by: By[]) => call<ReportTable>("GET", withQuery("/reports", asked(q, by, now)), { signal });
  const [table, whole] = await Promise.all([read(by), by.length ? read([]) : undefined]);
  return { table, whole: whole?.rows?.[0] };
}

/** The same table for a spreadsheet. */
export const csvURL = (q: Question, now: number): string => `/api/v1${withQuery("/reports", { ...asked(q, groups(q), now), format: "csv" })}`;

/** Hidden are those of the page that are not the reader's to see any more. */
export interface Behind { items: Conversation[] | null; hidden: number; total: number; next_cursor?: string }

/** The conversations behind one number of a row, the newest first; of a share those
 * of one of its parts. */
export function readBehind(q: Question, by: By[], row: Row, number: string, part?: Part, cursor?: string): Promise<Behind> {
  const only: Partial<Record<string, string>> = { ...q.only };
  by.forEach((b, i) => {
    if (!steps.some((s) => s === b)) only[b] = row.keys?.[i] ?? "";
  });
  return call<Behind>("GET", withQuery(`/reports/${encodeURIComponent(number)}/conversations`, { from: row.from, to: row.to, zone: q.zone, ...narrowed(only), part, cursor, limit: 50 }));
}

export const readRetention = (q: Question, now: number, signal?: AbortSignal): Promise<Retention> =>
  call<Retention>("GET", withQuery("/retention", { ...rangeOf(q, now), zone: q.zone, segment: q.segment }), { signal });

/** A customer behind a figure of retention, with what they bought. */
export interface Customer { id: string; name: string; cohort: string; segments: string[] | null; value: CustomerValue }

/** Which customers: of one month's first orders, who bought again so many months
 * later, who bought twice or more. */
export interface Which { cohort?: string; month?: number; repeating?: boolean }

export const readCustomers = (q: Question, now: number, which: Which, cursor?: string): Promise<{ items: Customer[] | null; hidden: number; total: number; next_cursor?: string }> =>
  call("GET", withQuery("/retention/customers", { ...rangeOf(q, now), zone: q.zone, segment: q.segment, cohort: which.cohort, month: which.month, repeating: which.repeating ? "true" : undefined, cursor, limit: 50 }));
