// What the server says to an expression.
import { call } from "../core/api";

/** Where an expression is used: what it may name depends on it. */
export type ExpressionKind = "route" | "rule" | "segment" | "survey";

export interface Checked {
  ok: boolean;
  error?: string;
  /** Where it is wrong, both from one. */
  line?: number;
  column?: number;
  /** What an expression of this kind may name. */
  fields?: { name: string; type?: string; doc?: string }[];
}

export const checkExpression = (kind: ExpressionKind, when: string, signal?: AbortSignal): Promise<Checked> =>
  call<Checked>("POST", "/expressions/check", { body: { kind, when }, signal });
