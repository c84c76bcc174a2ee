// What the lines of the board are called, and their numbers.
import { language, t } from "../i18n";
import { inboxes, queueName, teamName } from "../core/store";
import { channelName } from "../ui/icons";
import { span } from "../work/span";
import type { BoardKind } from "./shapes";

export function lineName(kind: BoardKind, id: string | undefined): string {
  switch (kind) {
    case "total": return t.value.board.total;
    case "queue": return queueName(id);
    case "team": return teamName(id);
    case "channel": return channelName(id ?? "");
    case "inbox": return inboxes.value.find((x) => x.id === id)?.name ?? id ?? "";
  }
}

const shares = new Set(["occupancy", "service_now", "service_today"]);
const waits = new Set(["longest_wait", "expected_wait"]);

/** An alarm's value in the unit of its metric. */
export function metricValue(metric: string, value: number): string {
  if (shares.has(metric)) return `${value} %`;
  return waits.has(metric) ? span(value * 1000) : new Intl.NumberFormat(language.value).format(value);
}
