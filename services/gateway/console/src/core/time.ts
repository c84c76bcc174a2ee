// The server's time on this machine, and the one second hand of the screen. What
// is due is told in the server's time; an agent's machine may be minutes off.
import { signal } from "@preact/signals";

/** How long a reading of the server's time is believed, in milliseconds: a
 * machine that sleeps, or whose clock is set, is found again after this. */
const BELIEVED = 10 * 60_000;

/** Differences below this many milliseconds are the network's, not the clock's. */
const NOISE = 500;

/** How far the server's clock stands before this machine's. Every time that the
 * server tells was true before it came here, so each is a lower bound: the
 * highest of them lies closest, and what is old (a resumed past) does no harm. */
export class Offset {
  private readonly seen: { bound: number; at: number }[] = [];

  /** Takes a time that the server told, and when it came; both in milliseconds
   * since 1970. */
  saw(server: number, here: number): void {
    if (!Number.isFinite(server)) return;
    const bound = server - here;
    // A jump back of this machine's clock makes what was seen before worthless.
    while (this.seen.length && (this.seen[0]!.at < here - BELIEVED || this.seen[0]!.at > here + NOISE)) this.seen.shift();
    while (this.seen.length && this.seen.at(-1)!.bound <= bound) this.seen.pop();
    this.seen.push({ bound, at: here });
  }

  /** Milliseconds to add to this machine's clock; 0 before anything was seen. */
  get value(): number {
    const best = this.seen[0]?.bound ?? 0;
    return Math.abs(best) < NOISE ? 0 : best;
  }
}

export const offset = new Offset();

/** Learns the server's time from something it has just told. */
export function saw(iso: string | null | undefined): void {
  if (iso) offset.saw(Date.parse(iso), Date.now());
}

/** The present time of the server, in milliseconds since 1970. */
export const serverNow = (): number => Date.now() + offset.value;

/** The server's time, moved once a second, here and nowhere else. */
export const beat = signal(serverNow());

/** Starts the second hand; returns what stops it. */
export function startBeat(): () => void {
  const timer = setInterval(() => (beat.value = serverNow()), 1_000);
  return () => clearInterval(timer);
}
