// The console's state as signals: a World and what stands around it, fed by the
// socket and by REST. Components read signals; only this file and actions.ts
// write them.
import { batch, computed, signal } from "@preact/signals";
import { api, ApiError, whenSignedOut } from "./api";
import { prune } from "./drafts";
import { startAll, tell } from "./follow";
import { FEED, Live, type LinkState } from "./live";
import { learn } from "./names";
import { compareTime } from "./order";
import { route } from "./route";
import { saw, startBeat } from "./time";
import { askerOf, filterOf, given, rows, viewKey, type Sort } from "./view";
import type { Agent, ChannelKind, Contact, Conversation, Inbox, Me, Queue, ServerFrame, Team } from "./wire";
import { World, type Effect } from "./world";
import { houseZone } from "./zone";

export const world = new World();

/** Grows with every change of the world; what derives from it reads it. */
export const tick = signal(0);
const changed = () => void tick.value++;

export const me = signal<Me | null>(null);
/** Where sign-in stands: unknown until the first answer of the server. */
export const session = signal<"unknown" | "out" | "ended" | "in">("unknown");
export const link = signal<{ state: LinkState; retryAt?: number }>({ state: "connecting" });
export const counts = signal<Record<string, number>>({});
/** The present time, moved every 15 s: enough for waiting times. */
export const now = signal(Date.now());

export const agents = signal<Agent[]>([]);
export const teams = signal<Team[]>([]);
export const queues = signal<Queue[]>([]);
export const inboxes = signal<Inbox[]>([]);
export const kinds = signal<ChannelKind[]>([]);
export const presence = signal<Record<string, string>>({});

/** Who types and who looks, by conversation; until is when a notice grows old. */
export interface Activity {
  kind: "typing" | "viewing";
  who: string;
  name: string;
  until: number;
}
export const activity = signal<Record<string, Activity[]>>({});

export const sort = signal<Sort>("updated");
export const contact = signal<Contact | null>(null);

/** One list as the server has given it so far. */
export interface List {
  key: string;
  loading: boolean;
  failed: boolean;
  /** Cursor of the next page; "" at the end. */
  more: string;
  last?: Conversation;
  /** For a view that the server gives: its rows. */
  ids?: string[];
}
export const list = signal<List>({ key: "", loading: true, failed: false, more: "" });

export const listRows = computed<Conversation[]>(() => {
  tick.value;
  const { view } = route.value;
  const l = list.value;
  if (given(view)) return (l.ids ?? []).flatMap((id) => world.conversations.get(id) ?? []);
  return rows(view, world.conversations.values(), me.value?.id ?? "", sort.value, l.more ? l.last : undefined);
});

export const current = computed<Conversation | undefined>(() => {
  tick.value;
  const id = route.value.conversation;
  return id ? world.conversations.get(id) : undefined;
});

/** Conversations that could not be shown: not there, or not ours. */
export const missing = signal<string>("");
export const threadFailed = signal(false);

export const agentName = (id: string | undefined): string =>
  !id ? "" : id === me.value?.id ? me.value.name : (agents.value.find((a) => a.id === id)?.name ?? id);
export const teamName = (id: string | undefined): string => teams.value.find((x) => x.id === id)?.name ?? id ?? "";
export const queueName = (id: string | undefined): string => queues.value.find((x) => x.id === id)?.name ?? id ?? "";

/** How many are open in a listing, by its key: "status", "unassigned", "tag/vip". */
export const count = (key: string): number => counts.value[`${key}/open`] ?? 0;

/** Ids of a kind (channel, team, queue, tag) that have something open. */
export const counted = (kind: string): string[] =>
  Object.keys(counts.value).flatMap((k) => (k.startsWith(kind + "/") && k.endsWith("/open") && counts.value[k]! > 0 ? k.slice(kind.length + 1, -5) : [])).sort();

let listAbort: AbortController | undefined;

/** Loads the first page of the present view, or the next one. */
export async function loadList(next = false): Promise<void> {
  const { view } = route.value;
  const key = `${viewKey(view)}|${sort.value}`;
  const had = list.value;
  if (next && (had.key !== key || had.loading || !had.more)) return;
  listAbort?.abort();
  const abort = (listAbort = new AbortController());
  list.value = next ? { ...had, loading: true } : { key, loading: true, failed: false, more: had.key === key ? had.more : "", last: had.key === key ? had.last : undefined, ids: had.key === key ? had.ids : undefined };
  try {
    const filter = filterOf(view);
    const page = await (askerOf(view)?.(next ? had.more : undefined, abort.signal) ?? api.conversations({ ...filter, sort: sort.value === "waiting" ? "waiting" : undefined, cursor: next ? had.more : undefined, limit: filter.limit ?? 60 }, abort.signal));
    if (abort.signal.aborted) return;
    const items = page.items ?? [];
    batch(() => {
      // Of a row that is known in a newer state, the newer one is kept: its
      // place in the server's page is then only a bound, which is what we need.
      for (const c of items) world.put(c);
      const ids = [...(next ? (had.ids ?? []) : []), ...items.map((c) => c.id)];
      list.value = { key, loading: false, failed: false, more: page.next_cursor ?? "", last: items.at(-1) ?? (next ? had.last : undefined), ids };
      changed();
    });
  } catch (e) {
    if (abort.signal.aborted) return;
    if (!(e instanceof ApiError)) throw e;
    list.value = { ...list.value, loading: false, failed: true };
  }
}

// patient reads again what is not there yet: the feed shows a new conversation a
// moment before it can be read.
async function patient<T>(id: string, read: () => Promise<T>): Promise<T> {
  for (let wait = 50; ; wait *= 2) {
    try {
      return await read();
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 404 || !world.conversations.has(id) || wait > 2_000) throw e;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

/** Loads a conversation with its newest messages and its event lines. */
export async function loadThread(id: string): Promise<void> {
  missing.value = "";
  threadFailed.value = false;
  try {
    const [c, page] = await patient(id, () => Promise.all([api.conversation(id), api.messages(id)]));
    batch(() => {
      world.put(c);
      world.page(id, page.items ?? [], page.next_cursor ?? "", true);
      changed();
    });
    void loadContact(c.contact.id);
    await loadLines(id, c.contact.id);
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    if (e.status === 404 || e.status === 403) missing.value = id;
    else if (!world.threads.get(id)?.loaded) threadFailed.value = true;
  }
}

async function loadLines(id: string, contact: string): Promise<number> {
  const history = await api.timeline(contact);
  world.history(id, history.items ?? [], history.as_of);
  changed();
  return history.as_of ?? Infinity;
}

// follow reads a contact's page and lines again, once what is read has reached a
// place in the log: pages are written a little behind the feed.
async function follow(id: string, seq: number): Promise<void> {
  const conversation = current.value?.contact.id === id ? current.value.id : "";
  for (let wait = 100; conversation && wait < 5_000; wait *= 2) {
    if ((await loadLines(conversation, id)) >= seq) break;
    await new Promise((done) => setTimeout(done, wait));
  }
  await loadContact(id);
}

/** Looks whether something has happened to the contact on the screen of which no
 * conversation was told: an order belongs to the customer alone. */
export async function lookAgain(): Promise<void> {
  const known = contact.value;
  const open = current.value;
  if (!known || known.id !== open?.contact.id) return;
  const now = await api.contact(known.id).catch(() => null);
  if (!now || now.updated_at === known.updated_at || contact.value !== known) return;
  await follow(known.id, 0);
}

/** Loads the page of messages before the oldest that is shown. */
export async function loadOlder(id: string): Promise<void> {
  const th = world.threads.get(id);
  if (!th?.older) return;
  const page = await api.messages(id, th.older);
  world.page(id, page.items ?? [], page.next_cursor ?? "", false);
  changed();
}

export async function loadContact(id: string): Promise<void> {
  const got = await api.contact(id).catch(() => null);
  if (got) {
    learn(got.id, got.points);
    for (const c of got.conversations ?? []) world.put(c);
  }
  if (current.value?.contact.id === id || !current.value) contact.value = got;
  changed();
}

export async function loadDirectory(): Promise<void> {
  const get = async <T>(p: Promise<{ items: T[] | null }>, into: (v: T[]) => void) => {
    const page = await p.catch((e) => {
      if (e instanceof ApiError) return null; // an agent may not be allowed to list it
      throw e;
    });
    if (page) into(page.items ?? []);
  };
  await Promise.all([
    get(api.agents(), (v) => (agents.value = v)),
    get(api.teams(), (v) => (teams.value = v)),
    get(api.queues(), (v) => (queues.value = v)),
    get(api.inboxes(), (v) => (inboxes.value = v)),
    get(api.channels(), (v) => (kinds.value = v)),
  ]);
}

let countTimer: ReturnType<typeof setTimeout> | undefined;

/** Reads the counters soon; many calls in a moment make one request. */
export function loadCounters(delay = 400): void {
  if (countTimer) return;
  countTimer = setTimeout(async () => {
    countTimer = undefined;
    const got = await api.counters().catch(() => null);
    if (got) counts.value = got.counts ?? {};
  }, delay);
}

/** Applies a change to the world and redraws. */
export function mutate(f: (w: World) => void): void {
  f(world);
  changed();
}

// Frames are applied together once per drawn frame: a burst of a thousand
// events is one redraw. A hidden page draws nothing, so it uses a timer.
let inbox: ServerFrame[] = [];
let scheduled = false;

function receive(f: ServerFrame): void {
  inbox.push(f);
  if (scheduled) return;
  scheduled = true;
  if (document.visibilityState === "visible") requestAnimationFrame(flush);
  else setTimeout(flush, 50);
}

function flush(): void {
  scheduled = false;
  const frames = inbox;
  inbox = [];
  batch(() => {
    for (const f of frames) apply(f);
    changed();
  });
}

function apply(f: ServerFrame): void {
  if (f.type === "event") saw(f.at);
  tell(f);
  switch (f.type) {
    case "snapshot":
      if (f.id === FEED && world.snapshot(f)) reload();
      return;
    case "event":
      after(world.event(f));
      meet(f.conversation);
      return;
    case "pong":
      // Everything up to here has come, also what is not ours to see: a later
      // resume need not read it again.
      if (f.cursor) world.cursor = f.cursor;
      return;
    case "presence":
      presence.value = { ...presence.value, [f.agent]: f.state };
      return;
    case "typing":
    case "viewing": {
      const who = f.agent ?? f.contact ?? "";
      if (!who || who === me.value?.id) return;
      const others = (activity.value[f.conversation] ?? []).filter((a) => a.who !== who || a.kind !== f.type);
      // A notice that is not renewed fades: its sender may have vanished.
      if (f.on) others.push({ kind: f.type, who, name: f.name || agentName(f.agent), until: Date.now() + (f.type === "typing" ? 8_000 : 60_000) });
      activity.value = { ...activity.value, [f.conversation]: others };
      return;
    }
  }
}

let asked = 0;

// An inbox that was made a moment ago is not known here yet.
function meet(c: Conversation | null): void {
  if (!c || Date.now() - asked < 5_000 || !c.inboxes.some((id) => !inboxes.value.some((i) => i.id === id))) return;
  asked = Date.now();
  void loadDirectory();
}

function after(e: Effect): void {
  loadCounters();
  for (const id of e.reload) if (id === route.value.conversation) void loadThread(id);
  if (e.contact && e.contact === contact.value?.id) void follow(e.contact, e.seq ?? 0).catch(() => {}); // it is read with the next look
  if (e.hidden && e.hidden === route.value.conversation) missing.value = e.hidden;
}

// reload reads again what is on the screen, after a feed that began anew.
function reload(): void {
  void loadList();
  loadCounters(0);
  for (const id of world.threads.keys()) if (id !== route.value.conversation) world.threads.delete(id);
  if (route.value.conversation) void loadThread(route.value.conversation);
}

const socketURL = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`;

export const live = new Live({
  get url() {
    return socketURL();
  },
  cursor: () => world.cursor,
  dropCursor: () => (world.cursor = ""),
  frame: receive,
  state: (state, retryAt) => {
    link.value = { state, retryAt };
    if (state === "live") {
      live.send({ type: "presence", state: document.visibilityState === "visible" ? "online" : "away" });
      if (route.value.conversation) live.send({ type: "viewing", conversation: route.value.conversation, on: true });
    }
    if (state === "signin") signedOut(true);
  },
  probe: () => void api.me().catch(() => {}),
});

// What runs while somebody is signed in, by what stops it.
let stopWork: (() => void)[] = [];

/** Ends the session on this screen; ended says that it was not our wish. */
export function signedOut(ended: boolean): void {
  live.stop();
  for (const stop of stopWork.splice(0)) stop();
  if (session.value === "in" || !ended) session.value = ended ? "ended" : "out";
  else if (session.value === "unknown") session.value = "out";
  me.value = null;
}

/** Starts working once the server knows who we are. */
export async function enter(): Promise<void> {
  try {
    me.value = await api.me();
    houseZone.value = me.value.zone ?? "";
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    if (e.status !== 401) link.value = { state: "waiting" };
    session.value = session.value === "ended" ? "ended" : "out";
    return;
  }
  session.value = "in";
  prune();
  stopWork = [startBeat(), ...startAll()];
  live.start();
  loadCounters(0);
  void loadDirectory();
  void loadList();
}

/** Hooks the world to the page: wake-ups, the clock, the end of a session. */
export function boot(): void {
  whenSignedOut(() => signedOut(true));
  setInterval(() => {
    now.value = Date.now();
    const fresh: Record<string, Activity[]> = {};
    for (const [id, list] of Object.entries(activity.value)) {
      const left = list.filter((a) => a.until > now.value);
      if (left.length) fresh[id] = left;
    }
    activity.value = fresh;
  }, 4_000);
  setInterval(() => session.value === "in" && document.visibilityState === "visible" && loadCounters(0), 30_000);
  setInterval(() => session.value === "in" && document.visibilityState === "visible" && void lookAgain(), 5_000);
  // Inboxes, agents and teams change rarely, and no event tells of it.
  setInterval(() => session.value === "in" && document.visibilityState === "visible" && void loadDirectory(), 120_000);
  addEventListener("online", () => live.nudge());
  document.addEventListener("visibilitychange", () => {
    if (session.value !== "in") return;
    if (document.visibilityState === "visible") live.nudge();
    live.send({ type: "presence", state: document.visibilityState === "visible" ? "online" : "away" });
  });
}

/** The newest message first seen on a channel: the one an answer goes back on. */
export function lastChannel(id: string): string {
  const th = world.threads.get(id);
  const last = th?.messages.findLast((m) => m.direction === "in" && m.kind === "message");
  return last?.channel ?? world.conversations.get(id)?.last_message?.channel ?? "";
}

/** Conversations of a contact, newest first. */
export function ofContact(c: Contact): Conversation[] {
  return (c.conversations ?? []).map((x) => world.conversations.get(x.id) ?? x).sort((a, b) => compareTime(b.updated_at, a.updated_at));
}
