// What a rule would have done; mirrors contracts/queries/rules.go.
import { call } from "../core/api";
import type { Action, Rule } from "./shapes";

export interface DryRunCase {
  seq: number;
  at: string;
  fact: string;
  conversation: string;
  contact: { id: string; name: string };
  actions: Action[] | null;
  held?: boolean;
  /** The kind of what the next action names and what was gone by then. */
  refused?: string;
  unsure?: boolean;
}

/** What is not known any more as it stood before a time. */
export interface DryRunUnknown { what: string; id?: string; until: string; facts: number }

export interface DryRunAnswer {
  from: string;
  to: string;
  read: number;
  partial: boolean;
  read_to: string;
  acted: number;
  conversations: number;
  cases: DryRunCase[] | null;
  stopped?: string;
  failed: number;
  failure?: string;
  unknown?: DryRunUnknown[];
}

/** Asks what a rule would have done; without an end, until now by the server's
 * clock. */
export const dryRun = (rule: Rule, from: Date, to?: Date, signal?: AbortSignal): Promise<DryRunAnswer> =>
  call<DryRunAnswer>("POST", "/rules/dry-run", { body: { rule, from: from.toISOString(), to: to?.toISOString() }, signal });

/** How a rule is doing since the automation began. */
export interface RuleHealth { rule: string; acted: number; refused: number; failed: number; held: number; last_error?: string; last_error_at?: string }

export const rulesHealth = (): Promise<{ lag_ms: number; rules: RuleHealth[] | null }> => call("GET", "/rules/health");
