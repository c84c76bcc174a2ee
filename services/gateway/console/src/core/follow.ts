// Where other folders hang onto the core: it starts what they follow and hands
// them frames, and imports none of them.
import type { ServerFrame } from "./wire";

type Type = ServerFrame["type"];
// A frame's type may be one of several.
type Frame<T extends Type, F = ServerFrame> = F extends { type: infer U } ? (T extends U ? F : never) : never;

const starts: (() => () => void)[] = [];
const ears = new Map<Type, ((f: ServerFrame) => void)[]>();

/** Has f called whenever somebody begins to work here, in the order in which it
 * was asked for; what it returns is called when their session ends. */
export function onStart(f: () => () => void): void {
  starts.push(f);
}

/** Has f called with every frame of a type, before the core applies it. It runs
 * inside of a batch, so the screen is drawn once after all of them. */
export function onFrame<T extends Type>(type: T, f: (frame: Frame<T>) => void): void {
  ears.set(type, [...(ears.get(type) ?? []), f as (f: ServerFrame) => void]);
}

/** Starts everything that asked for it; returns what stops it again. */
export const startAll = (): (() => void)[] => starts.map((f) => f());

/** Hands a frame to everybody who asked for its type. */
export function tell(f: ServerFrame): void {
  for (const ear of ears.get(f.type) ?? []) ear(f);
}
