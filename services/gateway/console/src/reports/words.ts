// Numbers and groups of a report in words.
import { formatSpan } from "../core/span";
import { agentName, inboxes, queueName, teamName } from "../core/store";
import { language, t } from "../i18n";
import { channelName } from "../ui/icons";
import { isShare, isSpread, isTime, measured, plainName, type Question } from "./question";
import type { By, Row } from "./shapes";

export const numberName = (n: string): string => t.value.reports.names[plainName(n)] ?? n;

/** How long something took; below ten seconds to the tenth. */
export function took(ms: number): string {
  if (ms < 10_000) return `${new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(ms / 1000)}${language.value === "ko" ? "초" : language.value === "ja" ? "秒" : "s"}`;
  const s = ms / 1000;
  // What takes hours is not told to the second.
  return formatSpan(s >= 86_400 ? Math.round(s / 3600) * 3600 : s >= 3600 ? Math.round(s / 60) * 60 : s, language.value);
}

const plain = (n: number, digits = 0): string => new Intl.NumberFormat(language.value, { maximumFractionDigits: digits, minimumFractionDigits: digits && !Number.isInteger(n) ? digits : 0 }).format(n);

function share(n: string, v: number): string {
  if (n === "nps_score") return plain(v);
  if (n.endsWith("_score")) return plain(v, 2);
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 1 }).format(v);
}

/** The value of a number on a row as one figure, for charts: milliseconds become
 * minutes, shares percent. Null where there is none. */
export function figure(row: Row, n: string, q: Question): number | null {
  const key = measured(n, q.business);
  if (isSpread(n)) {
    const s = row.spreads?.[key];
    return s?.count ? s.median_ms / 60_000 : null;
  }
  if (isShare(n)) {
    const v = row.shares?.[key];
    return v === undefined ? null : n.endsWith("_score") ? v : v * 100;
  }
  return (row.counts?.[key] ?? 0) / (isTime(n) ? 60_000 : 1);
}

/** A count or a share in words; "–" where there is nothing to be made of. */
export function said(row: Row, n: string): string {
  if (isTime(n)) return row.counts?.[n] ? took(row.counts[n]) : "0";
  if (!isShare(n)) return plain(row.counts?.[n] ?? 0);
  const v = row.shares?.[n];
  return v === undefined ? "–" : share(n, v);
}

/** A key of a row for people. Times are those of the report's zone. */
export function keyName(by: By, key: string, row: Row, zone: string, segments: Map<string, string>): string {
  const s = t.value.reports;
  const at = (o: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language.value, { timeZone: zone, ...o }).format(new Date(row.from));
  switch (by) {
    case "hour": return at({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    case "day": return at({ month: "short", day: "numeric", weekday: "short" });
    case "week": return at({ year: "numeric", month: "short", day: "numeric" });
    case "month": return at({ year: "numeric", month: "long" });
    case "channel": return key ? channelName(key) : s.without;
    case "inbox": return key ? (inboxes.value.find((i) => i.id === key)?.name ?? key) : s.without;
    case "queue": return key ? queueName(key) : s.without;
    case "team": return key ? teamName(key) : s.without;
    case "agent": return key ? agentName(key) : s.without;
    case "segment": return key ? (segments.get(key) ?? key) : s.without;
    case "tag": return key ? `#${key}` : s.without;
    case "priority": return key || "0";
  }
}
