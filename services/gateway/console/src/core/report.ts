// What became of the lines of an imported file.

/** A line that was not taken, and why. */
export interface Rejected {
  line?: number;
  reason: string;
}

/** Reads a report whatever its channel calls the parts: numbers are figures,
 * and the first list of objects or texts holds the lines that were not taken. */
export function readReport(report: Record<string, unknown>): { figures: [string, number][]; rejected: Rejected[] } {
  const figures = Object.entries(report).filter((x): x is [string, number] => typeof x[1] === "number");
  const list = Object.values(report).find((v): v is unknown[] => Array.isArray(v)) ?? [];
  const rejected = list.map((x): Rejected => {
    if (!x || typeof x !== "object") return { reason: String(x) };
    const o = x as Record<string, unknown>;
    const line = o.line ?? o.row;
    return { line: typeof line === "number" ? line : undefined, reason: String(o.reason ?? o.error ?? o.detail ?? "") };
  });
  return { figures, rejected };
}
