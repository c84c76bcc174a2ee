// What this console knows, and how frames and answers change it. Everything
// here is free of network, clock and screen, and every change is safe to apply
// twice: a resume may repeat events, and an answer may cross an event.
import { compareTime, insert } from "./order";
import type { Choice } from "../work/shapes";
import type { Attachment, Author, Call, Conversation, EventFrame, Former, Message, Order, SnapshotFrame, Status, Step, Template, TimelineItem } from "./wire";

/** A message that this screen has sent and the log has not yet confirmed. */
export interface Pending {
  client_id: string;
  template?: Template;
  /** The channel takes only templates now. */
  closed?: boolean;
  conversation: string;
  kind: "message" | "note";
  text: string;
  channel?: string;
  inbox?: string;
  attachments: Attachment[];
  at: string;
  /** Set when the server refused it or was away; it stays visible for a retry. */
  error?: string;
}

/** A line in the timeline that nobody wrote: assigned, resolved, merged. */
export interface Line {
  key: string;
  at: string;
  fact: string;
  actor: Author;
  detail: Record<string, string>;
  /** The order that the line tells of, as it is by now. */
  order?: Order;
  /** Why an agent was asked or given the conversation. */
  choice?: Choice;
}

/** The messages of one conversation that are loaded, oldest first. */
export interface Thread {
  messages: Message[];
  lines: Line[];
  /** The place in the log up to which the contact's timeline told the lines. */
  told?: number;
  /** Cursor of the next older page; "" when the beginning is here. */
  older: string;
  loaded: boolean;
}

/** What an event asks of the caller besides showing it. */
export interface Effect {
  /** Conversations whose messages must be read again (merges move them). */
  reload: string[];
  /** A contact whose page has changed. */
  contact?: string;
  /** The place in the log that the contact's page must have reached: an event
   * tells only what has changed, and what is read may be a moment behind. */
  seq?: number;
  /** A conversation that this agent may no longer see. */
  hidden?: string;
}

const rank: Record<Status, number> = { received: 0, queued: 1, sending: 1, unknown: 2, sent: 3, failed: 4, delivered: 5, read: 6 };

/** Facts that make no line of their own. */
const silent = new Set(["conversation.read", "conversation.updated", "contact.created", "contact.suggestion_dismissed", "message.added", "message.edited", "message.removed", "message.status_changed", "message.send_requested", "message.reacted", "message.attachment_settled", "message.receipt_held", "call.amended", "clock.started", "clock.paused", "clock.resumed", "clock.stopped", "contact.segmented", "conversation.unqueued"]);

/** How many messages of conversations that are not open are remembered, so that
 * one which arrives while its conversation is being loaded is not missed. */
const RECENT = 500;

export class World {
  readonly conversations = new Map<string, Conversation>();
  readonly threads = new Map<string, Thread>();
  readonly pending = new Map<string, Pending>();
  /** Where the feed stands; given back on reconnect to get exactly the gap. */
  cursor = "";
  private recent: Message[] = [];

  /** Takes a conversation unless a newer state of it is known. */
  put(c: Conversation | null | undefined): boolean {
    if (!c) return false;
    const known = this.conversations.get(c.id);
    if (known && known.version > c.version) return false;
    this.conversations.set(c.id, c);
    return true;
  }

  /** Takes a snapshot. Returns true when the feed begins anew, which means that
   * whatever was loaded before may be old and must be read again. */
  snapshot(f: SnapshotFrame): boolean {
    this.cursor = f.cursor;
    for (const c of f.items ?? []) this.put(c);
    if (f.resumed) return false;
    this.recent = [];
    return true;
  }

  /** Applies one event. The cursor moves only with the last fact of a decision,
   * so it is taken as the frame gives it. */
  event(f: EventFrame): Effect {
    if (f.cursor) this.cursor = f.cursor;
    const effect: Effect = { reload: [] };
    const id = f.conversation?.id ?? f.message?.conversation_id;
    if (f.fact === "conversation.hidden") {
      if (id) this.forget(id);
      return { reload: [], hidden: id };
    }
    this.put(f.conversation);
    if (f.message) this.message(f.message, f.fact === "message.status_changed");
    else if (f.fact.startsWith("message.") || f.fact === "call.amended") this.change(f);
    if (f.fact === "contact.merge_reversed") this.moved(f.data?.moved as Moved[] | undefined);
    if (f.fact.startsWith("contact.")) {
      effect.contact = f.conversation?.contact.id ?? text(f.data?.into);
      effect.seq = Number.parseInt(f.place ?? "0", 10);
    }
    if (/merge/.test(f.fact) && f.fact !== "contact.merge_suggested") {
      for (const k of ["from", "into"]) {
        const v = text(f.data?.[k]);
        if (v && this.threads.has(v)) effect.reload.push(v);
      }
      if (id && this.threads.has(id) && !effect.reload.includes(id)) effect.reload.push(id);
    }
    if (f.partial && id && this.threads.has(id) && !effect.reload.includes(id)) effect.reload.push(id);
    if (f.conversation && f.fact !== "contact.order_stated" && !silent.has(f.fact)) this.line(f);
    return effect;
  }

  /** Takes a page of messages of a conversation, oldest first, and what the feed
   * brought since. The server's order is kept as it is, because clocks do not
   * tell which message answers which. */
  page(id: string, items: Message[], older: string, first: boolean): void {
    const known = this.threads.get(id);
    let messages = first ? items : [...items, ...(known?.messages ?? [])];
    if (first) {
      messages = messages.map((m) => newer(known?.messages.find((x) => x.id === m.id), m));
      for (const m of this.recent) if (m.conversation_id === id) messages = insert(messages, newer(messages.find((x) => x.id === m.id), m));
    }
    const seen = new Set<string>();
    messages = messages.filter((m) => !seen.has(m.id) && seen.add(m.id));
    for (const m of messages) this.settle(m);
    this.threads.set(id, { messages, older, loaded: true, lines: known?.lines ?? [], told: known?.told });
  }

  /** Takes the event lines of a contact's timeline for one conversation, as it
   * stands at a place in the log. What the feed told from there on stays. */
  history(id: string, items: TimelineItem[], upTo = items.reduce((a, i) => Math.max(a, i.seq), 0)): void {
    const t = this.threads.get(id);
    if (!t) return;
    const lines = items
      .filter((i) => (i.conversation_id === id || (!i.conversation_id && (i.fact.startsWith("contact.merge") || i.fact === "contact.order_stated" || i.fact === "contact.erased"))) && !i.message && !silent.has(i.fact))
      .map((i): Line => ({ key: `${i.seq}/${i.fact}`, at: i.at, fact: i.fact, actor: i.actor, detail: i.detail ?? {}, order: i.order, choice: i.choice }));
    const live = t.lines.filter((l) => l.key.startsWith(LIVE) && placeOf(l.key.slice(LIVE.length)) > upTo);
    // They come newest first; of one moment, too, what was decided first is told first.
    lines.reverse().sort((a, b) => compareTime(a.at, b.at));
    this.threads.set(id, { ...t, lines: [...lines, ...live], told: upTo });
  }

  /** Puts one message in its place; live marks a status told by the feed. */
  message(m: Message, live = false): void {
    this.settle(m);
    const t = this.threads.get(m.conversation_id);
    const known = t?.messages.find((x) => x.id === m.id) ?? this.recent.find((x) => x.id === m.id);
    const next = newer(known, m, live);
    this.recent = this.recent.filter((x) => x.id !== m.id);
    this.recent.push(next);
    if (this.recent.length > RECENT) this.recent.splice(0, this.recent.length - RECENT);
    if (t) this.threads.set(m.conversation_id, { ...t, messages: insert(t.messages, next) });
  }

  /** Takes messages to the conversations in which they stand since a merge was undone. */
  private moved(list: Moved[] = []): void {
    for (const { from, into, messages } of list) {
      this.recent = this.recent.map((m) => (messages.includes(m.id) ? { ...m, conversation_id: into } : m));
      const t = from === into ? undefined : this.threads.get(from);
      if (t) this.threads.set(from, { ...t, messages: t.messages.filter((m) => !messages.includes(m.id)) });
    }
  }

  /** Shows a message at once; the event or the answer takes its place. */
  sending(p: Pending): void {
    this.pending.set(p.client_id, p);
  }

  /** Marks a message that did not get through. If its event has come meanwhile
   * it is no longer pending, and the failure means nothing. */
  failed(clientID: string, error: string, closed = false): void {
    const p = this.pending.get(clientID);
    if (p) this.pending.set(clientID, { ...p, error, closed });
  }

  /** Drops what an agent may no longer see. */
  forget(id: string): void {
    this.conversations.delete(id);
    this.threads.delete(id);
    this.recent = this.recent.filter((m) => m.conversation_id !== id);
  }

  private settle(m: Message): void {
    if (m.client_id) this.pending.delete(m.client_id);
  }

  // change applies a fact about a message that came without the message.
  private change(f: EventFrame): void {
    const id = text(f.data?.message);
    const cv = text(f.data?.conversation) || f.conversation?.id || "";
    const m = this.threads.get(cv)?.messages.find((x) => x.id === id) ?? this.recent.find((x) => x.id === id);
    if (!m) return;
    if (f.fact === "message.status_changed")
      this.message({ ...m, status: text(f.data?.status) as Status, status_detail: text(f.data?.detail), steps: stepped(m, f) }, true);
    else if (f.fact === "message.edited") this.message({ ...m, text: text(f.data?.text), html: text(f.data?.html), former: formerOf(m, f), flags: flag(m, "edited") });
    else if (f.fact === "message.removed") this.message({ ...m, text: "", html: "", quoted: "", attachments: [], former: [], flags: flag(m, "removed") });
    else if (f.fact === "message.reacted") this.message({ ...m, reaction: text(f.data?.emoji) });
    else if (f.fact === "message.attachment_settled") {
      const settled = f.data?.attachment as Attachment | undefined;
      if (settled) this.message({ ...m, attachments: (m.attachments ?? []).map((a) => (a.id === settled.id ? settled : a)) });
    } else if (f.fact === "call.amended") {
      const added = (f.data?.attachments as Attachment[] | undefined) ?? [];
      const kept = (m.attachments ?? []).filter((a) => !added.some((x) => x.id === a.id));
      this.message({ ...m, call: (f.data?.call as Call | undefined) ?? m.call, attachments: [...kept, ...added] });
    }
  }

  private line(f: EventFrame): void {
    const c = f.conversation!;
    const t = this.threads.get(c.id);
    if (!t) return;
    // An event can come behind a page that tells of it already.
    const key = LIVE + (f.place || f.cursor);
    if (t.lines.some((l) => l.key === key) || placeOf(f.place) <= (t.told ?? 0)) return;
    const detail: Record<string, string> = {};
    for (const [k, v] of Object.entries(f.data ?? {})) detail[k] = Array.isArray(v) ? v.join(", ") : text(v);
    // A callback is told by its own parts.
    // So are a place in a queue, an offer, a promise and a survey.
    for (const name of ["callback", "wait", "offer", "clock", "survey"]) {
      const part = f.data?.[name];
      if (part && typeof part === "object") for (const [k, v] of Object.entries(part)) if (text(v)) detail[k] ||= text(v);
    }
    const line: Line = { key, at: f.at ?? c.updated_at, fact: f.fact, actor: f.actor ?? { kind: "system" }, detail, choice: f.data?.choice as Choice | undefined };
    this.threads.set(c.id, { ...t, lines: [...t.lines, line] });
  }
}

/** Messages that an undone merge takes from one conversation to another. */
interface Moved {
  from: string;
  into: string;
  messages: string[];
}

/** What the key of a line begins with that the feed told. */
const LIVE = "live/";

/** The place in the log of an event's place ("7.0"), beyond all where it has none. */
const placeOf = (place = ""): number => (/^\d+\./.test(place) ? Number.parseInt(place, 10) : Infinity);

const text = (v: unknown): string => (typeof v === "string" || typeof v === "number" ? String(v) : "");

// stepped adds the end of the road that an event tells, once: a resume repeats
// events, and attempts are no end.
function stepped(m: Message, f: EventFrame): Step[] | undefined {
  const status = text(f.data?.status) as Status;
  if (!f.at || status === "queued" || status === "sending" || m.steps?.some((x) => x.at === f.at && x.status === status)) return m.steps;
  if ((rank[status] ?? 0) <= (rank[m.status] ?? 0)) return m.steps;
  return [...(m.steps ?? []), { status, detail: text(f.data?.detail), at: f.at }];
}

function formerOf(m: Message, f: EventFrame): Former[] | undefined {
  if (!f.at || !m.text || m.text === text(f.data?.text) || m.former?.some((x) => x.at === f.at)) return m.former;
  return [...(m.former ?? []), { text: m.text, at: f.at }];
}

const flag = (m: Message, f: string): string[] => [...new Set([...(m.flags ?? []), f])];

// newer joins two states of one message. A receipt moves a status only forward
// (providers report out of order); the one step back that exists is a person's
// "send again", and it is believed only when the feed itself tells it.
function newer(known: Message | undefined, m: Message, live = false): Message {
  if (!known || live && m.status === "queued" && (known.status === "unknown" || known.status === "failed")) return m;
  if ((rank[m.status] ?? 0) >= (rank[known.status] ?? 0)) return m;
  return { ...m, status: known.status, status_detail: known.status_detail, steps: known.steps };
}
