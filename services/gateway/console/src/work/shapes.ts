// Shapes of contracts/events/routing.go and survey.go, field for field. Times
// are RFC 3339 in UTC, spans are milliseconds.

export interface Need {
  skill: string;
  level: number;
}

/** A place in a queue: among equals who has the earliest since is next. */
export interface Wait {
  queue: string;
  since: string;
  entered: string;
  needs?: Need[];
  /** The agent who knows the customer, asked first. */
  prefer?: string;
  passed?: { agent: string; at: string; outcome: string }[];
}

/** One agent is asked to take a conversation until a time. */
export interface Offer {
  id: string;
  agent: string;
  at: string;
  until: string;
}

/** Why an agent was chosen: who else could have had it, best first. */
export interface Choice {
  queue: string;
  waited_ms: number;
  candidates?: Candidate[];
  /** How many could not have it, by why: away, full, skill, passed, team. */
  unfit?: Record<string, number>;
  /** A person or a rule chose. */
  by_hand?: boolean;
}

export interface Candidate {
  agent: string;
  load: number;
  capacity: number;
  idle: string;
  knows?: boolean;
}

export type AgentState = "available" | "wrap-up" | "away" | "offline";

export interface Presence {
  agent: string;
  state: AgentState;
  reason?: string;
  since: string;
  /** Ends a wrap-up or an absence. */
  until?: string;
  /** When the last connection broke off without a word. */
  lost_at?: string;
  /** How an agent stood whom the loss of the connection took offline. */
  before?: { state: AgentState; reason?: string; until?: string };
}

export type ClockKind = "first_response" | "next_response" | "resolution";

/** One promise that runs; while paused, left_ms is what remains of its hours. */
export interface Clock {
  kind: ClockKind;
  policy: string;
  started_at: string;
  target_ms: number;
  warn_at?: string;
  due_at?: string;
  paused_at?: string;
  left_ms?: number;
  warned?: boolean;
  breached?: boolean;
}

export interface Survey {
  id: string;
  kind: "csat" | "nps" | "ces";
  agent?: string;
  asked_at: string;
  until: string;
  /** Absent until they answer. */
  score?: number;
  answered_at?: string;
}

/** What an agent carries out with one press. */
export interface Macro {
  id: string;
  name: string;
  teams?: string[];
  do: { do: string; tags?: string[]; queue?: string; team?: string; agent?: string; priority?: number; seconds?: number; text?: string }[];
}

/** An answer kept ready, by language. */
export interface Canned {
  id: string;
  shortcut: string;
  name: string;
  teams?: string[];
  texts: Record<string, string>;
}

export interface Segment {
  id: string;
  name: string;
}
