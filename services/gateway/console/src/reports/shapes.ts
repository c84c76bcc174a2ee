// Reports on the wire; mirrors contracts/queries/report.go. Times are in
// milliseconds.

export const steps = ["hour", "day", "week", "month"] as const;
export type Step = (typeof steps)[number];
export const dimensions = ["channel", "inbox", "queue", "team", "agent", "tag", "segment", "priority"] as const;
export type Dimension = (typeof dimensions)[number];
export type By = Step | Dimension;

export interface Spread { count: number; average_ms: number; median_ms: number; p90_ms: number; most_ms: number; unmeasured?: number }

export interface Row {
  keys: string[] | null;
  /** The ends of the row's step of time, or of the whole range. */
  from: string;
  to: string;
  counts: Record<string, number> | null;
  spreads: Record<string, Spread> | null;
  shares: Record<string, number> | null;
}

export interface ReportTable { by: By[] | null; numbers: string[]; rows: Row[] | null; zone: string; formula: number; as_of: number }

export interface Revenue { currency: string; customers: number; orders: number; total: string; average: string; median: string; p90: string }
export interface Cohort { month: string; customers: number; active: number[] | null; revenue: { currency: string; months: string[] | null }[] | null }
export interface Retention {
  customers: number;
  repeating: number;
  repeat_rate?: number;
  cohorts: Cohort[] | null;
  revenue: Revenue[] | null;
  segments: { segment: string; customers: number; repeat_rate: number; revenue: Revenue[] | null }[] | null;
  zone: string;
}
