// Addresses of people, as they are shown and typed.
import type { Point } from "./wire";

/** The address that tells most about somebody: one that people know. */
export function address(points: Point[] | null | undefined): string {
  const all = points ?? [];
  return (all.find((p) => p.kind === "phone") ?? all.find((p) => p.kind === "email") ?? all.find((p) => p.trust !== "claimed") ?? all[0])?.value ?? "";
}

/** What somebody typed to say whom it is about. */
export function pointOf(typed: string): { kind: string; value: string } {
  const value = typed.trim();
  if (value.includes("@")) return { kind: "email", value };
  return { kind: /^[+0-9][0-9 ().-]{5,}$/.test(value) ? "phone" : "external", value };
}
