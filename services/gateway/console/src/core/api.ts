// A small typed client of /api/v1. It signs in by the session cookie, which
// scripts cannot read, so no token is kept where a script could find it.
import { language } from "../i18n";
import { saw } from "./time";
import type {
  Agent, Attachment, Book, ChannelKind, Contact, Conversation, DeadLetter, Happening, RawEvent, Health, Inbox, Me, Message, Page, Point, Problem, Queue, Role, Team, Template, TimelineItem,
} from "./wire";

/** A refusal by the server, or status 0 when it could not be reached at all. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly problem: Problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
  }
  /** Somebody was first, or the version seen is not the present one. */
  get conflict(): boolean {
    return this.status === 409 || this.status === 412;
  }
}

interface Options {
  body?: unknown;
  version?: number;
  /** The revision of a setting that was seen, as it came in ETag. */
  match?: string;
  signal?: AbortSignal;
}

let onSignedOut: () => void = () => {};

/** Says what to do when any call learns that the session has ended. */
export function whenSignedOut(f: () => void): void {
  onSignedOut = f;
}

/** Calls the server and gives what it answers. */
export async function call<T>(method: string, path: string, o: Options = {}): Promise<T> {
  return (await exchange<T>(method, path, o)).body;
}

/** Calls the server and gives what it answers, with the revision of it. */
export async function exchange<T>(method: string, path: string, o: Options = {}): Promise<{ body: T; tag: string }> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language.peek() };
  let body: BodyInit | undefined;
  if (o.body instanceof Blob) {
    headers["Content-Type"] = o.body.type || "application/octet-stream";
    body = o.body;
  } else if (o.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(o.body);
  }
  if (o.version) headers["If-Match"] = String(o.version);
  if (o.match) headers["If-Match"] = o.match;
  let res: Response;
  try {
    res = await fetch("/api/v1" + path, { method, headers, body, signal: o.signal, credentials: "same-origin" });
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new ApiError(0, { status: 0 });
  }
  saw(res.headers.get("Date"));
  if (res.ok) {
    const tag = res.headers.get("ETag") ?? "";
    const text = res.status === 204 ? "" : await res.text();
    return { body: (text ? JSON.parse(text) : undefined) as T, tag };
  }
  if (res.status === 401 && path !== "/session") onSignedOut();
  const problem = await res.json().catch(() => ({})) as Problem;
  throw new ApiError(res.status, { ...problem, status: res.status });
}

export type Query = Record<string, string | number | undefined>;

/** A path with the query's values that are not empty. */
export function q(path: string, query: Query): string {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v !== undefined && v !== "") p.set(k, String(v));
  const s = p.toString();
  return s ? `${path}?${s}` : path;
}

const id = encodeURIComponent;
const at = (conversation: string, verb: string) => `/conversations/${id(conversation)}/${verb}`;

/** What a command answers; each part is there when the command made it. */
export interface Done {
  conversation?: Conversation;
  message?: Message;
}

/** A command may answer with the thing itself or with an object of parts. */
function done(v: unknown): Done {
  if (!v || typeof v !== "object") return {};
  if ("contact" in v && "version" in v) return { conversation: v as Conversation };
  if ("conversation_id" in v && "kind" in v) return { message: v as Message };
  return v as Done;
}

async function command(path: string, body: unknown, version?: number): Promise<Done> {
  return done(await call<unknown>("POST", path, { body, version }));
}

/** What a provider says to an inbox's credentials or hook. */
export interface Verdict {
  ok: boolean;
  detail?: string;
}

/** A visit or a call that is entered by hand. */
export interface Entry {
  client_id: string;
  contact?: string;
  point?: { kind: string; value: string };
  name?: string;
  channel: "visit" | "phone";
  direction: "in" | "out";
  text: string;
  occurred_at: string;
  call?: { outcome: string; ring_s?: number; talk_s?: number };
}

export interface ListFilter extends Query {
  status?: string;
  queue?: string;
  team?: string;
  assignee?: string;
  channel?: string;
  inbox?: string;
  tag?: string;
  callback?: string;
  clock?: "at-risk" | "breached";
  q?: string;
  sort?: string;
  cursor?: string;
  limit?: number;
}

export const api = {
  signIn: (email: string, password: string) => call<{ token: string }>("POST", "/session", { body: { email, password } }),
  signOut: () => call<void>("DELETE", "/session"),
  me: () => call<Me>("GET", "/me"),
  changePassword: (current: string, wanted: string) => call<void>("POST", "/me/password", { body: { current, new: wanted } }),
  counters: () => call<{ counts: Record<string, number> | null }>("GET", "/counters"),

  conversations: (f: ListFilter, signal?: AbortSignal) => call<Page<Conversation>>("GET", q("/conversations", f), { signal }),
  conversation: (cv: string) => call<Conversation>("GET", `/conversations/${id(cv)}`),
  messages: (cv: string, cursor?: string) => call<Page<Message>>("GET", q(at(cv, "messages"), { cursor, limit: 60 })),

  reply: (cv: string, body: { text: string; channel?: string; inbox?: string; attachments?: Attachment[]; template?: Template; client_id: string }) =>
    command(at(cv, "messages"), body),
  note: (cv: string, body: { text: string; client_id: string }) => command(at(cv, "notes"), body),
  assign: (c: Conversation, assignee: string, team?: string) => command(at(c.id, "assign"), { assignee, team }, c.version),
  transfer: (c: Conversation, to: { queue?: string; team?: string; assignee?: string; note?: string }) =>
    command(at(c.id, "transfer"), to, c.version),
  snooze: (c: Conversation, until: Date) => command(at(c.id, "snooze"), { until: until.toISOString() }, c.version),
  resolve: (c: Conversation) => command(at(c.id, "resolve"), {}, c.version),
  reopen: (c: Conversation) => command(at(c.id, "reopen"), {}, c.version),
  tags: (c: Conversation, add: string[], remove: string[]) => command(at(c.id, "tags"), { add, remove }, c.version),
  read: (cv: string) => command(at(cv, "read"), {}),
  requestCallback: (cv: string, body: { number?: string; wanted_at?: string; note?: string }) => command(at(cv, "callback"), body),
  closeCallback: (cv: string, callback: string, outcome: string, reason?: string) => command(`/callbacks/${id(callback)}/close`, { conversation: cv, outcome, reason }),
  outcome: (m: Message, outcome: "sent" | "retry" | "failed") =>
    command(`/messages/${id(m.id)}/outcome`, { conversation: m.conversation_id, outcome }),

  contact: (ct: string) => call<Contact>("GET", `/contacts/${id(ct)}`),
  timeline: (ct: string, cursor?: string) => call<Page<TimelineItem>>("GET", q(`/contacts/${id(ct)}/timeline`, { cursor, limit: 100 })),
  patchContact: (ct: string, change: { name?: string; attributes?: Record<string, string>; add_points?: Point[]; remove_points?: Point[] }) =>
    call<unknown>("PATCH", `/contacts/${id(ct)}`, { body: change }),
  merge: (ct: string, from: string, reason?: string) => call<unknown>("POST", `/contacts/${id(ct)}/merge`, { body: { from, reason } }),
  unmerge: (ct: string, from: string) => call<unknown>("POST", `/contacts/${id(ct)}/unmerge`, { body: { from } }),
  dismiss: (ct: string, other: string) => call<unknown>("POST", `/contacts/${id(ct)}/suggestions/dismiss`, { body: { other } }),

  upload: (f: File, signal?: AbortSignal) => call<Attachment>("POST", q("/attachments", { name: f.name }), { body: f, signal }),
  attachmentURL: (m: Message, a: Attachment) => `/api/v1${at(m.conversation_id, "messages")}/${id(m.id)}/attachments/${id(a.id)}`,

  inboxes: () => call<Page<Inbox>>("GET", "/inboxes"),
  addInbox: (body: { channel: string; name: string; settings: Record<string, unknown>; queue?: string; team?: string }) => call<Inbox>("POST", "/inboxes", { body }),
  channels: () => call<Page<ChannelKind>>("GET", "/channels"),
  testInbox: (inbox: string) => call<Verdict>("POST", `/inboxes/${id(inbox)}/test`),
  connectInbox: (inbox: string) => call<Verdict>("POST", `/inboxes/${id(inbox)}/connect`),
  resumeInbox: (inbox: string) => call<Inbox>("POST", `/inboxes/${id(inbox)}/resume`),
  removeInbox: (inbox: string) => call<void>("DELETE", `/inboxes/${id(inbox)}`),
  health: (inbox: string) => call<Health>("GET", `/inboxes/${id(inbox)}/health`),
  templates: (inbox: string) => call<Page<Template>>("GET", `/inboxes/${id(inbox)}/templates`),
  happenings: (inbox: string, after?: number) => call<{ items: Happening[] | null; head: number }>("GET", q(`/inboxes/${id(inbox)}/events`, { after })),
  rawEvent: (inbox: string, seq: number) => call<RawEvent>("GET", `/inboxes/${id(inbox)}/events/${seq}`),
  importFile: (inbox: string, f: File) => call<Record<string, unknown>>("POST", `/inboxes/${id(inbox)}/import`, { body: new Blob([f], { type: "text/csv" }) }),
  enter: (body: Entry) => call<{ event: string }>("POST", "/entries", { body }),
  patchInbox: (inbox: string, change: Partial<Inbox>) => call<Inbox>("PATCH", `/inboxes/${id(inbox)}`, { body: change }),
  agents: () => call<Page<Agent>>("GET", "/agents"),
  addAgent: (body: { name: string; email: string; role: Role; teams: string[]; password: string }) => call<Agent>("POST", "/agents", { body }),
  patchAgent: (agent: string, change: Partial<Agent> & { password?: string }) => call<Agent>("PATCH", `/agents/${id(agent)}`, { body: change }),
  teams: () => call<Page<Team>>("GET", "/teams"),
  addTeam: (name: string) => call<Team>("POST", "/teams", { body: { name } }),
  queues: () => call<Page<Queue>>("GET", "/queues"),
  addQueue: (body: { name: string; teams: string[] }) => call<Queue>("POST", "/queues", { body }),
  books: () => call<{ inboxes: Record<string, Book> | null }>("GET", "/books"),
  dead: () => call<Page<DeadLetter>>("GET", "/dead"),
  redrive: (seq: number) => call<unknown>("POST", `/dead/${seq}/redrive`, { body: {} }),
};
