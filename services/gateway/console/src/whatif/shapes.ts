// What a past day would have been, on the wire; mirrors contracts/queries/whatif.go.
// Times end in _ms; shares are from 0 to 1.

export interface Count {
  queue?: string;
  arrivals: number;
  taken: number;
  abandoned: number;
  otherwise: number;
  waiting: number;
  average_ms: number;
  median_ms: number;
  p90_ms: number;
  longest_ms: number;
  in_time: number;
  /** The most that waited at one time, in each step of the span. */
  backlog: number[] | null;
}

export interface Run {
  agents: number;
  occupancy: number;
  total: Count;
  queues: Count[] | null;
}

/** The span as it was, played again with nothing changed, and with the change. */
export interface Answer {
  from: string;
  to: string;
  /** What counts as in time, in seconds. */
  target: number;
  /** The time was up before all of the log was read; the span ends at to. */
  partial?: boolean;
  was: Run;
  unchanged: Run;
  changed: Run;
  assumptions: string[];
  /** A word for each assumption, for whoever tells it in another language. */
  assumed: string[] | null;
  /** How many seconds each figure of a backlog stands for. */
  step: number;
}
