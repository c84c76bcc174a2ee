// The timeline's lines about queues, offers, promises and surveys.
import { agentName, queueName } from "../core/store";
import type { Line } from "../core/world";
import { t } from "../i18n";
import type { ClockKind } from "./shapes";
import { span } from "./span";

/** A line in words; undefined for one that other hands write, and "" for one that
 * another line says already. by is who did it. */
export function workLine(line: Line, by: string): string | undefined {
  const s = t.value.work;
  const d = line.detail;
  switch (line.fact) {
    case "conversation.queued": return s.lineQueued(queueName(d.queue));
    case "conversation.offered": return s.lineOffered(agentName(d.agent));
    case "offer.closed": return d.outcome === "accepted" ? "" : (s.lineClosed[d.outcome ?? ""] ?? s.lineClosed.withdrawn!)(agentName(d.agent));
    case "conversation.prioritised": return s.linePriority(by, d.priority ?? "0");
    case "clock.warned": return s.lineWarned(s.clockNames[d.kind as ClockKind] ?? d.kind ?? "");
    case "clock.breached": return s.lineBreached(s.clockNames[d.kind as ClockKind] ?? d.kind ?? "");
    case "survey.asked": return s.lineAsked((d.kind ?? "").toUpperCase());
    case "survey.answered": return s.lineScored((d.kind ?? "").toUpperCase(), d.score ?? "");
    case "survey.commented": return d.via === "reply" ? "" : s.lineCommented(d.comment ?? "");
    case "conversation.assigned":
      // Nobody's hand: the assigner chose, or the agent took what was offered.
      if (!line.choice || line.choice.by_hand || !d.assignee) return undefined;
      return s.lineGiven(agentName(d.assignee), queueName(line.choice.queue), span(line.choice.waited_ms));
  }
  return undefined;
}
