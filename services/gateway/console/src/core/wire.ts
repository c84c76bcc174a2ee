// Shapes on the wire. They mirror contracts/events, contracts/queries,
// contracts/live and contracts/config field for field; nothing is renamed, so a
// search for a field finds both sides. Times are RFC 3339 strings in UTC.

export type Trust = "claimed" | "stated" | "proved";
export type ConversationStatus = "open" | "snoozed" | "resolved" | "merged";
export type Direction = "in" | "out";
export type Kind = "message" | "note" | "call" | "event";
export type Status = "received" | "queued" | "sent" | "delivered" | "read" | "failed" | "unknown";
export type Role = "agent" | "supervisor" | "administrator";

/** An address of a contact, and how far it is believed to be theirs. */
export interface Point {
  kind: string;
  value: string;
  scope?: string;
  trust: Trust;
}

export interface Author {
  kind: string;
  id?: string;
  name?: string;
}

export interface LastMessage {
  id: string;
  direction: Direction;
  kind: Kind;
  channel: string;
  text: string;
  author?: string;
  occurred_at: string;
}

export interface Conversation {
  id: string;
  version: number;
  status: ConversationStatus;
  contact: { id: string; name: string };
  subject?: string;
  thread?: string;
  queue: string;
  team?: string;
  assignee: string;
  channels: string[];
  inboxes: string[];
  tags: string[];
  priority?: number;
  last_message: LastMessage | null;
  unread: number;
  waiting_since: string | null;
  snoozed_until?: string;
  merged_into?: string;
  created_at: string;
  updated_at: string;
}

/** A file of a message; its bytes are at hash, or still only at url. */
export interface Attachment {
  id: string;
  name: string;
  type: string;
  size?: number;
  hash?: string;
  url?: string;
  content_id?: string;
  inline?: boolean;
}

export interface Call {
  direction: Direction;
  outcome: string;
  ring_s: number;
  talk_s: number;
  ended_at: string;
  recording?: string;
  transcript?: string;
}

export interface Message {
  id: string;
  conversation_id: string;
  contact_id: string;
  direction: Direction;
  kind: Kind;
  channel: string;
  inbox_id: string;
  provider_id: string;
  author: Author;
  subject?: string;
  text: string;
  /** Sanitised by the server; shown only inside a frame without scripts. */
  html?: string;
  quoted?: string;
  attachments: Attachment[] | null;
  call?: Call;
  status: Status;
  status_detail?: string;
  from?: Point;
  flags?: string[];
  client_id?: string;
  occurred_at: string;
  received_at: string;
  order?: string;
}

export interface Page<T> {
  items: T[] | null;
  next_cursor?: string;
  as_of?: number;
}

export interface TimelineItem {
  seq: number;
  at: string;
  fact: string;
  conversation_id?: string;
  message?: Message;
  actor: Author;
  detail?: Record<string, string>;
}

export interface MergedContact {
  id: string;
  name: string;
  reason: string;
  automatic: boolean;
  at: string;
}

export interface Suggestion {
  other: string;
  name: string;
  point: Point;
  reason: string;
  at: string;
}

export interface Contact {
  id: string;
  name: string;
  points: Point[] | null;
  attributes: Record<string, string> | null;
  note?: string;
  conversations: Conversation[] | null;
  merged: MergedContact[] | null;
  merged_into?: string;
  suggestions: Suggestion[] | null;
  created_at: string;
  updated_at: string;
}

export interface Me {
  id: string;
  name: string;
  email: string;
  role: Role;
  teams: string[] | null;
}

export interface Agent {
  id: string;
  name: string;
  /** Only administrators see the addresses of others. */
  email?: string;
  role: Role;
  teams: string[] | null;
  disabled?: boolean;
}

export interface Team {
  id: string;
  name: string;
}

export interface Queue {
  id: string;
  name: string;
  teams: string[] | null;
}

/** Settings never hold a secret: those are written once and not read back. */
export interface Inbox {
  id: string;
  channel: string;
  name: string;
  settings: Record<string, unknown> | null;
  unify?: "contact" | "thread";
  claimed_as_stated?: boolean;
  queue?: string;
  team?: string;
  hook_path?: string;
  paused?: boolean;
  /** Set where nothing can be answered through this inbox. */
  one_way?: boolean;
  /** Secrets that the channel made for itself: only in the answer that made them. */
  generated?: Record<string, string>;
}

export interface Book {
  stored: number;
  duplicate: number;
  rejected: number;
  /** Statements seen in INBOUND, where the server counts them. */
  received?: number;
  open?: number;
}

export interface DeadLetter {
  seq: number;
  subject?: string;
  worker?: string;
  reason?: string;
  attempts?: number;
  at?: string;
}

/** RFC 9457, plus the present state where the refusal is a conflict. */
export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  errors?: { message?: string; location?: string }[];
  conversation?: Conversation;
}

export interface HelloFrame {
  type: "hello";
  protocol: number;
  session: string;
  cursor: string;
  agent: string;
  role: string;
}

export interface SnapshotFrame {
  type: "snapshot";
  id: string;
  cursor: string;
  items: Conversation[] | null;
  messages?: Message[];
  resumed?: boolean;
}

export interface EventFrame {
  type: "event";
  id: string;
  cursor: string;
  /** Sequence and fact index, where the server sends them. */
  place?: string;
  fact: string;
  conversation: Conversation | null;
  message?: Message;
  /** The message is too large for a frame; REST has it whole. */
  partial?: boolean;
  actor?: Author;
  data?: Record<string, unknown>;
}

export interface PresenceFrame {
  type: "presence";
  agent: string;
  name?: string;
  state: "online" | "away" | "offline";
}

export interface ActivityFrame {
  type: "typing" | "viewing";
  conversation: string;
  agent?: string;
  contact?: string;
  name?: string;
  on: boolean;
}

export interface ErrorFrame {
  type: "error";
  id?: string;
  code: string;
  detail: string;
}

export type ServerFrame =
  | HelloFrame
  | SnapshotFrame
  | EventFrame
  | PresenceFrame
  | ActivityFrame
  | ErrorFrame
  | { type: "pong"; cursor?: string }
  | { type: "result"; id: string; status: number };

/** The protocol this console speaks; a server with another one is refused. */
export const PROTOCOL = 1;
