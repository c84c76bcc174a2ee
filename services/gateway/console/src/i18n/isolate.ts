// Names in sentences. A name may be written from right to left, or hold characters
// that turn the direction of what stands behind it; it must not do so to our words.

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;
const OTHER_WAY = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A word for a sentence: as it is, or isolated (UAX #9, FSI and PDI) where it could
 * change the direction of what stands around it. */
export function isolated(word: string): string {
  return OTHER_WAY.test(word) ? `\u2068${word.replace(TURNS, "")}\u2069` : word;
}

/** The same strings, in which every word that is put into a sentence is isolated. */
export function isolating<T>(v: T): T {
  if (typeof v === "function") {
    const say = v as unknown as (...args: unknown[]) => unknown;
    return ((...args: unknown[]) => say(...args.map((a) => (typeof a === "string" ? isolated(a) : a)))) as unknown as T;
  }
  if (v && typeof v === "object" && !Array.isArray(v)) return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, isolating(x)])) as T;
  return v;
}
