// The zone of the board and of reports: the house's, so that everybody who looks at
// one means the same day and the same hour, wherever they sit.
import { signal } from "@preact/signals";

/** The house's zone by its IANA name, as the server tells it; "" until it has, and
 * where it does not know the name. */
export const houseZone = signal("");

/** The house's zone, or where it is not known that of this browser. */
export const homeZone = (): string => houseZone.value || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const walls = new Map<string, Intl.DateTimeFormat>();

/** The time on a wall of the zone at a moment, in milliseconds, to the minute: as a
 * field for date and time has it, "2026-11-22T09:30". */
export function wallTime(zone: string, at: number): string {
  let f = walls.get(zone);
  if (!f) walls.set(zone, (f = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" })));
  const p = Object.fromEntries(f.formatToParts(at).map((x) => [x.type, x.value]));
  return `${p.year!.padStart(4, "0")}-${p.month}-${p.day}T${p.hour}:${p.minute}`;
}

/** The moment at which a wall of the zone shows a time as wallTime writes it. Of an
 * hour that comes twice it is the first; of one that is left out, as much later as
 * the clocks are put forward. NaN for what is no time. */
export function momentOf(zone: string, wall: string): number {
  const naive = Date.parse(wall + "Z");
  if (Number.isNaN(naive)) return NaN;
  const offset = (at: number) => Date.parse(wallTime(zone, at) + "Z") - Math.floor(at / 60_000) * 60_000;
  // No zone lies a day away, and none changes twice within two.
  const before = offset(naive - 86_400_000), after = offset(naive + 86_400_000);
  const first = naive - before;
  return offset(first) === before || offset(naive - after) !== after ? first : naive - after;
}
