// Shapes on the wire. They mirror contracts/events, contracts/queries,
// contracts/live and contracts/config field for field; nothing is renamed, so a
// search for a field finds both sides. Times are RFC 3339 strings in UTC.
import type { BoardChangeFrame, BoardFrame } from "../board/shapes";
import type { Choice, Clock, Offer, Survey, Wait } from "../work/shapes";

export type Trust = "claimed" | "stated" | "proved";
export type ConversationStatus = "open" | "snoozed" | "resolved" | "merged";
export type Direction = "in" | "out";
export type Kind = "message" | "note" | "call" | "event";
export type Status = "received" | "queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "unknown";
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
  /** The open promise to call, if there is one. */
  callback?: Callback;
  /** Its place while it waits in a queue that gives out work. */
  wait?: Wait;
  /** The offer that stands meanwhile. */
  offer?: Offer;
  /** The place it goes back to when who got it is gone before they begin. */
  unbegun?: Wait;
  /** The service levels that run. */
  clocks?: Clock[];
  /** The newest asking of the customer about this conversation. */
  survey?: Survey;
  /** Segments of the contact. */
  segments?: string[];
  merged_into?: string;
  created_at: string;
  updated_at: string;
}

/** A promise to call a customer. */
export interface Callback {
  id: string;
  number: string;
  reason: string;
  requested_at: string;
  wanted_at?: string;
  attempts?: number;
  message?: string;
  note?: string;
}

/** A text that the provider has approved, and the values for its places. */
export interface QuickReply {
  label: string;
  value: string;
}

export interface Template {
  name: string;
  language?: string;
  params?: Record<string, string>;
  text?: string;
}

/** A file of a message; its bytes are at hash, or still only at url. */
export interface Attachment {
  id: string;
  name: string;
  type: string;
  size?: number;
  hash?: string;
  url?: string;
  /** Why the bytes will never be had. */
  failed?: string;
  content_id?: string;
  inline?: boolean;
}

export interface Call {
  direction: Direction;
  outcome: string;
  from?: string;
  to?: string;
  agent?: string;
  queue?: string;
  ring_s: number;
  talk_s: number;
  started_at?: string;
  answered_at?: string;
  ended_at: string;
  /** Id of the attachment that holds the recording. */
  recording?: string;
  transcript?: string;
  /** The exchange's ids of the parts that were folded into this call. */
  legs?: string[];
}

/** An end of the road that an answer has come to, and when we heard of it. */
export interface Step {
  status: Status;
  detail?: string;
  at: string;
}

/** What a message said before it was edited. */
export interface Former {
  text: string;
  cut?: boolean;
  at: string;
}

/** What a customer bought, as the shop states it. Amounts are decimals as text. */
export interface Order {
  id: string;
  number?: string;
  shop?: string;
  url?: string;
  currency?: string;
  total?: string;
  refunded?: string;
  payment?: string;
  fulfillment?: string;
  tracking?: { carrier?: string; number?: string; url?: string; status?: string }[];
  lines?: { title: string; sku?: string; quantity: number; price?: string }[];
  refunds?: { id: string; amount?: string; at: string; note?: string }[];
  placed_at: string;
  updated_at: string;
  cancelled_at?: string;
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
  template?: Template;
  /** What a message of ours offers to press beside its text. */
  quick_replies?: QuickReply[];
  /** The value of the button that a message of theirs is; its text is the label. */
  pressed?: string;
  /** The emoji the customer set under it. */
  reaction?: string;
  status: Status;
  status_detail?: string;
  from?: Point;
  flags?: string[];
  client_id?: string;
  occurred_at: string;
  received_at: string;
  order?: string;
  steps?: Step[];
  former?: Former[];
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
  order?: Order;
  /** Why an agent was asked or given the conversation. */
  choice?: Choice;
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

/** What a customer bought: every order that was not cancelled, less what was paid
 * back. Amounts are decimals in text, a line for each currency. */
export interface CustomerValue {
  orders: number;
  first_order_at: string;
  last_order_at: string;
  lifetime: { currency: string; orders: number; total: string; average: string }[] | null;
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
  /** Newest first. */
  orders?: { inbox: string; order: Order }[];
  /** Segments that the contact is in. */
  segments?: string[];
  erased_at?: string;
  created_at: string;
  updated_at: string;
  /** What they bought; missing without an order that counts, and while the reports
   * are made anew. */
  value?: CustomerValue;
}

export interface Me {
  id: string;
  name: string;
  email: string;
  role: Role;
  teams: string[] | null;
  /** The house's time zone; missing where it has no name. */
  zone?: string;
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
  /** How conversations leave it; by hand when it is not there. */
  mode?: "" | "manual" | "pull" | "push";
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
  /** The hook as the outside reaches it, where the server knows. */
  hook_url?: string;
  /** Where the widget of a chat of ours opens its socket. */
  chat_path?: string;
  paused?: boolean;
  /** Set where nothing can be answered through this inbox. */
  one_way?: boolean;
  /** Set while nothing goes out because its account is in trouble. */
  suspended?: boolean;
  /** Names of the secrets that are set. */
  secrets?: string[];
  /** Secrets that the channel made for itself: only in the answer that made them. */
  generated?: Record<string, string>;
}

/** A phrase in the languages of the forms. */
export interface Phrase {
  ko: string;
  en: string;
}

/** One setting of a kind of channel. */
export interface Field {
  name: string;
  label: Phrase;
  type?: "text" | "number" | "switch" | "choice" | "lines" | "json" | "block";
  secret?: boolean;
  required?: boolean;
  advanced?: boolean;
  choices?: string[];
  default?: string;
  example?: string;
  help?: Phrase;
  when?: { field: string; in: string[] };
}

/** A kind of channel, and what an inbox of it needs and can do. */
export interface ChannelKind {
  kind: string;
  label: Phrase;
  group: string;
  help?: Phrase;
  imports?: boolean;
  fields: Field[];
  can_test: boolean;
  can_connect: boolean;
  templates: boolean;
  hook: boolean;
  sends: boolean;
  limits?: { text?: number; unit?: string; window_s?: number; agent_window_s?: number; templates?: boolean; attachments?: number; file_bytes?: number; accept?: string };
}

export interface Health {
  suspended: boolean;
  reason?: string;
  since?: string;
  last_error?: string;
  last_error_at?: string;
  book?: Book;
}

/** A statement of an inbox as it arrived. */
export interface Happening {
  seq: number;
  type: string;
  provider_id: string;
  occurred_at: string;
  received_at: string;
  direction: Direction;
  sender?: string;
  preview?: string;
  raw?: boolean;
  flags?: string[];
}

/** What came in, as it came; bytes are base64 where it is no text. */
export interface RawEvent {
  seq: number;
  type: string;
  size: number;
  text?: string;
  bytes?: string;
  partial?: boolean;
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
  /** A machine word: conflict, window_closed, invalid… */
  code?: string;
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
  /** The time of the decision. */
  at?: string;
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
  | BoardFrame
  | BoardChangeFrame
  | ErrorFrame
  | { type: "pong"; cursor?: string }
  | { type: "result"; id: string; status: number };

/** The protocol this console speaks; a server with another one is refused. */
export const PROTOCOL = 1;
