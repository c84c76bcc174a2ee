// Shapes of contracts/queries/board.go and contracts/live/board.go, field for
// field. Times are RFC 3339 in UTC, spans are milliseconds.
import type { AgentState } from "../work/shapes";

export interface Lately {
  m1: number;
  m5: number;
  m15: number;
}

export interface ServiceLevel {
  met: number;
  missed: number;
  /** Who waits beyond the target and has no answer yet; missing when nobody does. */
  late?: number;
}

export interface Staff {
  available: number;
  wrap_up: number;
  away: number;
  offline: number;
  lost: number;
  free: number;
  load: number;
  capacity: number;
}

/** The load of one queue, team, channel or inbox; the total has no id. */
export interface BoardLine {
  id?: string;
  open: number;
  snoozed: number;
  waiting: number;
  offered: number;
  in_work: number;
  longest?: string;
  longest_since?: string;
  expected_wait_ms?: number;
  at_risk: number;
  breached: number;
  callbacks: number;
  callbacks_due: number;
  arrivals: Lately;
  departures: Lately;
  service_now: ServiceLevel;
  service_today: ServiceLevel;
  today: { opened: number; reopened: number; resolved: number; abandoned: number };
  /** Absent where no agent could take what comes there. */
  staff?: Staff;
  /** Of the inboxes that feed the line; absent where none does. */
  books?: { received?: number; stored: number; duplicate: number; rejected: number; open?: number };
}

export interface BoardAgent {
  id: string;
  teams: string[] | null;
  state: AgentState;
  reason?: string;
  since?: string;
  /** Their connection broke off; they are offline after a grace time. */
  lost?: boolean;
  in_work: number;
  offered: number;
  load: number;
  capacity: number;
}

export type BoardKind = "total" | "queue" | "team" | "channel" | "inbox";

export interface BoardScope {
  kind: BoardKind;
  id?: string;
}

/** An alarm that is raised. Waits are in seconds, shares in percent. */
export interface AlarmState {
  id: string;
  name: string;
  metric: string;
  scope: BoardScope;
  value: number;
  since: string;
}

/** How the lines stood and moved in the count minutes that end with until; a line
 * that is not there had nothing in any of them. */
export interface BoardMinutes {
  until: string;
  count: number;
  lines: BoardCourse[] | null;
}

/** One line of them, the oldest minute first: who waited at its end, who began to
 * wait in it, and who ceased to. */
export interface BoardCourse extends BoardScope {
  waiting: number[];
  arrivals: number[];
  departures: number[];
}

/** The load as it stands at a moment, as far as the viewer may see it. */
export interface BoardAnswer {
  at: string;
  as_of: number;
  total: BoardLine;
  queues: BoardLine[] | null;
  teams: BoardLine[] | null;
  channels: BoardLine[] | null;
  inboxes: BoardLine[] | null;
  agents: BoardAgent[] | null;
  alarms?: AlarmState[] | null;
  /** Where a day of the board begins, by its IANA name. */
  zone?: string;
  /** The last hour. */
  minutes?: BoardMinutes;
}

export interface BoardFrame extends BoardAnswer {
  type: "board";
  id: string;
}

/** What is not as it was; lists hold only lines that changed, alarms are all. */
export interface BoardChangeFrame {
  type: "board.changed";
  id: string;
  at: string;
  as_of: number;
  total?: BoardLine;
  queues?: BoardLine[];
  teams?: BoardLine[];
  channels?: BoardLine[];
  inboxes?: BoardLine[];
  agents?: BoardAgent[];
  removed?: BoardScope[];
  removed_agents?: string[];
  alarms: AlarmState[] | null;
  /** What has passed since it was told last; of a minute that was told before, what
   * is right. */
  minutes?: BoardMinutes;
}
