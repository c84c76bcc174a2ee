// What an agent does. Each command carries the version that the agent saw; when
// somebody was first, the present state is shown and says so.
import { signal } from "@preact/signals";
import { t } from "../i18n";
import { once } from "./again";
import { api, ApiError, type Done } from "./api";
import { go, route } from "./route";
import { agentName, current, listRows, loadContact, loadThread, me, mutate, world } from "./store";
import type { Attachment, Conversation, Message, Template } from "./wire";
import type { Pending } from "./world";

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
  undo?: () => void;
}

export const toasts = signal<Toast[]>([]);
let toastID = 0;

/** Says something in the corner; it leaves by itself. */
export function toast(text: string, o: { bad?: boolean; undo?: () => void } = {}): void {
  const id = ++toastID;
  toasts.value = [...toasts.value.slice(-3), { id, text, bad: o.bad ?? false, undo: o.undo }];
  setTimeout(() => dropToast(id), o.bad ? 9_000 : 5_000);
}

export function dropToast(id: number): void {
  toasts.value = toasts.value.filter((x) => x.id !== id);
}

/** Explains a refusal in the agent's language, with the server's detail. */
export function explain(e: unknown): string {
  if (!(e instanceof ApiError)) throw e;
  if (e.status === 0) return t.value.unreachable;
  if (e.status === 403) return t.value.notAllowed;
  if (e.status === 429) return t.value.tooMany;
  return [t.value.failed, e.problem.detail ?? e.problem.errors?.[0]?.message ?? e.problem.title].filter(Boolean).join(" ");
}

function first(c: Conversation | undefined, before: Conversation): string {
  const s = t.value;
  if (c && c.assignee !== before.assignee) return s.firstAssigned(c.assignee ? agentName(c.assignee) : s.nobody);
  if (c && c.status !== before.status) return s.firstStatus(s[c.status]);
  return s.firstOther;
}

async function act(c: Conversation, f: (c: Conversation) => Promise<Done>): Promise<Conversation | null> {
  try {
    const d = await once(c, f);
    mutate((w) => {
      w.put(d.conversation);
      if (d.message) w.message(d.message);
    });
    return d.conversation ?? world.conversations.get(c.id) ?? c;
  } catch (e) {
    if (e instanceof ApiError && e.conflict) {
      let now = e.problem.conversation;
      if (!now) now = await api.conversation(c.id).catch(() => undefined);
      mutate((w) => w.put(now));
      toast(first(now, c), { bad: true });
      if (route.value.conversation === c.id) void loadThread(c.id);
    } else toast(explain(e), { bad: true });
    return null;
  }
}

/** The row to go on with when this one leaves the list. */
function neighbour(c: Conversation): string | undefined {
  const list = listRows.value;
  const i = list.findIndex((x) => x.id === c.id);
  return i < 0 ? undefined : (list[i + 1] ?? list[i - 1])?.id;
}

function moveOn(from: Conversation, next: string | undefined): void {
  if (route.value.conversation === from.id && next) go({ view: route.value.view, conversation: next });
}

export async function assign(c: Conversation, agent: string): Promise<void> {
  if (!(await act(c, (x) => api.assign(x, agent)))) return;
  toast(t.value.assignedToast(agent ? agentName(agent) : t.value.nobody));
}

export const assignMe = (c: Conversation): Promise<void> => assign(c, me.value!.id);

export async function transfer(c: Conversation, to: { queue?: string; team?: string; assignee?: string; note?: string }): Promise<boolean> {
  const next = neighbour(c);
  if (!(await act(c, (x) => api.transfer(x, to)))) return false;
  toast(t.value.transferredToast);
  if (!world.conversations.has(c.id)) moveOn(c, next);
  return true;
}

export async function resolve(c: Conversation): Promise<void> {
  const next = neighbour(c);
  const after = await act(c, api.resolve);
  if (!after) return;
  toast(t.value.resolvedToast, { undo: () => void reopen(world.conversations.get(c.id) ?? after) });
  moveOn(c, next);
}

export async function reopen(c: Conversation): Promise<void> {
  if (await act(c, api.reopen)) toast(t.value.reopenedToast);
}

export async function snooze(c: Conversation, until: Date): Promise<void> {
  const next = neighbour(c);
  const after = await act(c, (x) => api.snooze(x, until));
  if (!after) return;
  toast(t.value.snoozedToast, { undo: () => void reopen(world.conversations.get(c.id) ?? after) });
  moveOn(c, next);
}

export async function tag(c: Conversation, add: string[], remove: string[]): Promise<void> {
  await act(c, (x) => api.tags(x, add, remove));
}

let reading = "";

/** Marks what is on the screen as read, once per state. */
export async function markRead(c: Conversation): Promise<void> {
  const key = `${c.id}/${c.version}`;
  if (!c.unread || reading === key) return;
  reading = key;
  const d = await api.read(c.id).catch(() => null); // it is tried again with the next message
  if (d?.conversation) mutate((w) => w.put(d.conversation));
}

/** Sends a reply or a note: shown at once, confirmed by event or answer. */
export async function send(o: { conversation: string; kind: "message" | "note"; text: string; channel?: string; inbox?: string; attachments: Attachment[]; template?: Template }): Promise<void> {
  await deliver({ ...o, client_id: crypto.randomUUID(), at: new Date().toISOString() });
}

/** Tries a message again under the same client id, so that an answer that was
 * lost on the way back makes no second message. */
export async function retry(p: Pending): Promise<void> {
  await deliver({ ...p, error: undefined, closed: undefined });
}

export function discard(p: Pending): void {
  mutate((w) => w.pending.delete(p.client_id));
}

async function deliver(p: Pending): Promise<void> {
  mutate((w) => w.sending(p));
  const { client_id, channel, inbox, attachments, template } = p;
  const text = template ? "" : p.text;
  try {
    const d = p.kind === "note"
      ? await api.note(p.conversation, { text, client_id })
      : await api.reply(p.conversation, { text, client_id, channel: channel || undefined, inbox: inbox || undefined, attachments: attachments.length ? attachments : undefined, template });
    mutate((w) => {
      w.put(d.conversation);
      if (d.message) w.message({ ...d.message, client_id });
    });
  } catch (e) {
    if (e instanceof ApiError && e.problem.code === "client-id-reused") {
      // Nothing was stored: the words stay, under an id of their own, to be sent again.
      const fresh = { ...p, client_id: crypto.randomUUID() };
      return mutate((w) => {
        w.pending.delete(client_id);
        w.sending(fresh);
        w.failed(fresh.client_id, t.value.wordsReused);
      });
    }
    const closed = e instanceof ApiError && e.problem.code === "window_closed";
    mutate((w) => w.failed(client_id, closed ? t.value.windowClosed : explain(e), closed));
  }
}

/** Promises the customer a call, or changes the promise. */
export async function requestCallback(c: Conversation, o: { number?: string; wanted_at?: string; note?: string }): Promise<boolean> {
  return onCallback(c, () => api.requestCallback(c.id, o));
}

/** Says what became of the promised call; "attempted" leaves it open. */
export async function closeCallback(c: Conversation, outcome: "reached" | "attempted" | "cancelled" | "in-vain"): Promise<boolean> {
  return onCallback(c, () => api.closeCallback(c.id, c.callback!.id, outcome));
}

async function onCallback(c: Conversation, f: () => Promise<Done>): Promise<boolean> {
  try {
    const d = await f();
    mutate((w) => w.put(d.conversation));
    toast(t.value.done);
    return true;
  } catch (e) {
    toast(explain(e), { bad: true });
    if (e instanceof ApiError && e.conflict) void loadThread(c.id);
    return false;
  }
}

/** A person's word on a message whose outcome nobody knows. */
export async function outcome(m: Message, what: "sent" | "retry" | "failed"): Promise<void> {
  if (what === "retry" && !confirm(t.value.confirmAgain)) return;
  try {
    const d = await api.outcome(m, what);
    mutate((w) => {
      w.put(d.conversation);
      if (d.message) w.message(d.message, true);
    });
  } catch (e) {
    toast(explain(e), { bad: true });
  }
}

/** Changes a contact and shows the new state of its page. */
export async function onContact(id: string, f: () => Promise<unknown>): Promise<boolean> {
  try {
    await f();
    toast(t.value.done);
    await loadContact(id);
    return true;
  } catch (e) {
    toast(explain(e), { bad: true });
    return false;
  }
}

/** Moves the selection in the list by step rows. */
export function move(step: number): void {
  const list = listRows.value;
  const i = list.findIndex((c) => c.id === route.value.conversation);
  const c = list[Math.max(0, Math.min(list.length - 1, i < 0 ? 0 : i + step))];
  if (c) go({ view: route.value.view, conversation: c.id }, i >= 0);
}

/** Copies the link to the open conversation. */
export async function copyLink(): Promise<void> {
  const c = current.value;
  if (!c) return;
  await navigator.clipboard.writeText(`${location.origin}${location.pathname}#/c/${encodeURIComponent(c.id)}`);
  toast(t.value.copied);
}
