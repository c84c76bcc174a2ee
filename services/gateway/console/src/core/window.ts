// When a channel takes free text: some do so only for a while after the customer
// last wrote. The server decides; this tells an agent beforehand.
import type { ChannelKind, Inbox, Message } from "./wire";

/** Reports until when free text can be sent on a channel, in milliseconds; null
 * means always or not known here: the customer may have written in another
 * conversation. messages are those that are loaded. */
export function openUntil(kind: ChannelKind | undefined, inbox: Inbox | undefined, channel: string, messages: Message[]): number | null {
  const limits = kind?.limits;
  if (!limits?.window_s) return null;
  const seconds = inbox?.settings?.human_agent === true ? Math.max(limits.window_s, limits.agent_window_s ?? 0) : limits.window_s;
  const last = messages.findLast((m) => m.channel === channel && m.direction === "in" && (m.kind === "message" || m.kind === "call"));
  if (!last) return null;
  return Date.parse(last.occurred_at) + seconds * 1000;
}

/** The places of a template's text, in the order in which they stand: {{1}} or
 * {{name}}, and #{name}, as Korean providers write them. */
export function places(text: string, params: Record<string, string> | undefined): string[] {
  const found = [...text.matchAll(/\{\{\s*([^{}\s]+)\s*\}\}|#\{([^{}]+)\}/g)].map((m) => (m[1] ?? m[2])!);
  return [...new Set([...found, ...Object.keys(params ?? {})])];
}

/** A template's text with the values put in; a place without one stays. */
export function filled(text: string, values: Record<string, string>): string {
  return text.replace(/\{\{\s*([^{}\s]+)\s*\}\}|#\{([^{}]+)\}/g, (whole, a?: string, b?: string) => values[(a ?? b)!] || whole);
}
