// Addresses of people, as they are shown and typed.
import { t } from "../i18n";
import type { Point } from "./wire";

/** Kinds of points whose value people know each other by. */
const known = new Set(["phone", "email"]);

/** The address that tells most about somebody: one that people know. */
export function address(points: Point[] | null | undefined): string {
  const all = points ?? [];
  const best = all.find((p) => p.kind === "phone") ?? all.find((p) => p.kind === "email") ?? all.find((p) => p.trust !== "claimed") ?? all[0];
  return best ? pointName(best) : "";
}

/** A point in words. An id that a provider made says nothing to anybody, so only
 * its end is shown, to tell one stranger from another. */
export function pointName(p: Point): string {
  if (p.kind === "withheld") return t.value.withheld;
  if (known.has(p.kind) || p.value.length <= 20) return p.value;
  return `…${p.value.slice(-8)}`;
}

/** What somebody typed to say whom it is about. */
export function pointOf(typed: string): { kind: string; value: string } {
  const value = typed.trim();
  if (value.includes("@")) return { kind: "email", value };
  return { kind: /^[+0-9][0-9 ().-]{5,}$/.test(value) ? "phone" : "external", value };
}
