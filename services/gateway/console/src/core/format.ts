// Times and sizes for people, in the language of the screen: in the zone that is
// named, and else in the browser's.
import { language, t } from "../i18n";

const cache = new Map<string, Intl.DateTimeFormat>();

// Making a formatter costs about a hundred times what using one does, and a
// list shows hundreds.
function formatter(o: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language.value + JSON.stringify(o);
  let f = cache.get(key);
  if (!f) cache.set(key, (f = new Intl.DateTimeFormat(language.value, o)));
  return f;
}

const dayNumber = (d: Date): number => Math.floor((d.getTime() - d.getTimezoneOffset() * 60_000) / 86_400_000);

/** Hour and minute. */
export const clock = (iso: string, timeZone?: string): string => formatter({ hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(new Date(iso));

/** Hour, minute and second. */
export const toSecond = (iso: string): string => formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(iso));

/** Day and time in full, for titles. */
export const full = (iso: string, timeZone?: string): string => formatter({ dateStyle: "full", timeStyle: "medium", hourCycle: "h23", timeZone }).format(new Date(iso));

/** Day and time in short. */
export function moment(iso: string, timeZone?: string): string {
  return formatter({ month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(new Date(iso));
}

/** Day and time to the second, for what follows closely on something else. */
export function precise(iso: string): string {
  return formatter({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(iso));
}

/** Month and day. */
export const shortDay = (iso: string, timeZone?: string): string => formatter({ month: "short", day: "numeric", timeZone }).format(new Date(iso));

/** The day only. */
export const day = (iso: string, timeZone?: string): string => formatter({ dateStyle: "medium", timeZone }).format(new Date(iso));

/** The time of a list row: as short as it can be without being ambiguous. */
export function short(iso: string, now: number): string {
  const d = new Date(iso), today = new Date(now);
  const days = dayNumber(today) - dayNumber(d);
  if (days === 0) return clock(iso);
  if (days === 1) return t.value.yesterday;
  if (days > 1 && days < 7) return formatter({ weekday: "short" }).format(d);
  if (d.getFullYear() === today.getFullYear()) return formatter({ month: "short", day: "numeric" }).format(d);
  return formatter({ year: "2-digit", month: "numeric", day: "numeric" }).format(d);
}

/** The title of a day in the timeline. */
export function dayTitle(iso: string, now: number): string {
  const d = new Date(iso), today = new Date(now);
  const days = dayNumber(today) - dayNumber(d);
  if (days === 0) return t.value.today;
  if (days === 1) return t.value.yesterday;
  const year = d.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return formatter({ weekday: "long", month: "long", day: "numeric", year }).format(d);
}

/** Reports whether two times fall on one local day. */
export const sameDay = (a: string, b: string): boolean => dayNumber(new Date(a)) === dayNumber(new Date(b));

/** How long somebody has waited: one unit, rounded down. */
export function ago(iso: string, now: number): string {
  const s = Math.max(0, (now - Date.parse(iso)) / 1000);
  const [v, unit] = s < 60 ? [s, "second"] : s < 3600 ? [s / 60, "minute"] : s < 86_400 ? [s / 3600, "hour"] : [s / 86_400, "day"];
  return new Intl.NumberFormat(language.value, { style: "unit", unit: unit as string, unitDisplay: "narrow" }).format(Math.floor(v as number));
}

/** Seconds as minutes and seconds. */
export const duration = (s: number): string => `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;

/** Bytes in a unit that is read at a glance. */
export function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) n /= 1024, i++;
  return `${i ? n.toFixed(n < 10 ? 1 : 0) : n} ${units[i]}`;
}

/** Up to two letters that stand for a name: Korean and other CJK names are
 * known by their last two characters, others by initials. */
export function initials(name: string): string {
  const s = name.trim();
  if (!s) return "?";
  if (/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/.test(s)) return [...s.replace(/\s/g, "")].slice(-2).join("");
  if (/^\+?[0-9]+$/.test(s)) return s.slice(-2);
  const words = s.split(/[\s@._-]+/).filter(Boolean);
  return ([...(words[0] ?? "?")][0]! + ([...(words[1] ?? "")][0] ?? "")).toUpperCase();
}

/** A steady hue class (0–7) for a name, so that people are told apart at a
 * glance; a class and not a style, because the page forbids inline styles. */
export function hue(key: string): string {
  let h = 0;
  for (let i = 0; i < key.length; i++) h = (h * 31 + key.charCodeAt(i)) >>> 0;
  return `hue${h % 8}`;
}
