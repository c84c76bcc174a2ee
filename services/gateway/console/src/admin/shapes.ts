// Settings on the wire, as contracts/config and contracts/queries have them. Times
// are in seconds.

export interface Need { skill: string; level: number }
export interface Relax { after: number; by: number }

/** What every setting has. */
export interface Named { id: string; name: string }

export interface Skill extends Named { created_at?: string }

export interface QueueRules extends Named {
  teams: string[] | null;
  mode?: "manual" | "pull" | "push";
  offer_for?: number;
  pass_for?: number;
  away?: boolean;
  boost?: number;
  needs?: Need[];
  relax?: Relax[];
  prefer_for?: number;
  wrap_up?: number;
  overflow_to?: string;
  overflow_after?: number;
  policy?: string;
  hours?: string;
  closed?: "" | "hold" | "move";
  closed_to?: string;
}

export interface Block { from: string; to: string }
export const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Day = (typeof days)[number];
export interface Holiday { date: string; yearly?: boolean; name?: string; blocks?: Block[] }
export interface Hours extends Named { zone: string; week: Partial<Record<Day, Block[]>>; holidays?: Holiday[] }

export interface Target { priority: number; first_response?: number; next_response?: number; resolution?: number }
/** By how many steps of priority who waits is put forward; missed is no less than
 * warned. */
export interface Raise { warned?: number; missed?: number }
export interface Policy extends Named { hours?: string; targets: Target[]; warn_before?: number; pause_while?: string[]; raise?: Raise }

export interface Route extends Named { position: number; when: string; queue?: string; team?: string; needs?: Need[]; priority?: number; tags?: string[]; off?: boolean }

export const verbs = ["tag", "untag", "assign", "transfer", "prioritise", "snooze", "resolve", "reopen", "note", "reply"] as const;
export type Verb = (typeof verbs)[number];
export interface Action { do: Verb; tags?: string[]; queue?: string; team?: string; agent?: string; priority?: number; seconds?: number; text?: string }
export interface Rule extends Named { position: number; on: string[]; when: string; do: Action[]; off?: boolean; stopped?: string }
export interface Macro extends Named { teams?: string[]; do: Action[] }
export interface Canned extends Named { shortcut: string; teams?: string[]; texts: Record<string, string> }
export interface Segment extends Named { when: string; off?: boolean }
export type SurveyKind = "csat" | "nps" | "ces";
export interface Survey extends Named { kind: SurveyKind; when?: string; after?: number; every?: number; days?: number; texts?: Record<string, string>; used_road_only?: boolean; off?: boolean }

export type ScopeKind = "total" | "queue" | "team" | "channel" | "inbox";
export interface Alarm extends Named { metric: string; scope: { kind: ScopeKind; id?: string }; above?: number; below?: number; for?: number }

export interface Workload { weights: Record<string, { units: number; interruptible?: boolean }> }

/** An agent as administrators change them. A password is sent and never read. */
export interface AgentWork extends Named {
  email?: string;
  role: "agent" | "supervisor" | "administrator";
  teams: string[] | null;
  disabled?: boolean;
  skills?: Record<string, number>;
  capacity?: number;
  password?: string;
}
