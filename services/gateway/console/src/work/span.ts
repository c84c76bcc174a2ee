// Spans of time for people.
import { language } from "../i18n";

const cache = new Map<string, Intl.NumberFormat>();

function unit(name: string, n: number): string {
  const key = language.value + name;
  let f = cache.get(key);
  if (!f) cache.set(key, (f = new Intl.NumberFormat(language.value, { style: "unit", unit: name, unitDisplay: "narrow" })));
  return f.format(n);
}

/** A span in its two largest units ("4m 05s" as the language writes it), rounded
 * down; below nought it is nought. ms is milliseconds. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
  if (d) return h % 24 ? `${unit("day", d)} ${unit("hour", h % 24)}` : unit("day", d);
  if (h) return m % 60 ? `${unit("hour", h)} ${unit("minute", m % 60)}` : unit("hour", h);
  if (m) return s % 60 && m < 15 ? `${unit("minute", m)} ${unit("second", s % 60)}` : unit("minute", m);
  return unit("second", s);
}

/** What is left of a countdown as minutes and seconds, rounded up: it stands at
 * 0:01 until it is over. */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
