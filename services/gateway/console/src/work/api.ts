// The REST of agents at work.
import { call, q, type Done } from "../core/api";
import type { Conversation, Message, Page } from "../core/wire";
import type { AgentState, Canned, Macro, Presence, Segment } from "./shapes";

const id = encodeURIComponent;
const done = (v: unknown): Done => (v && typeof v === "object" && "contact" in v && "version" in v ? { conversation: v as Conversation } : ((v ?? {}) as Done));

/** What a macro did: the actions that were carried out, in their order, and what
 * stopped it where it did not get to its end. */
export interface Ran {
  conversation?: Conversation;
  message?: Message;
  done?: number;
  actions?: unknown[];
  problem?: { detail?: string; title?: string };
}

export const work = {
  presence: () => call<Presence>("GET", "/agents/me/presence"),
  stand: (state: AgentState, reason?: string, seconds?: number, agent = "me") =>
    call<Presence>("PUT", `/agents/${id(agent)}/presence`, { body: { state, reason: reason || undefined, seconds } }),
  next: async () => done(await call<unknown>("POST", "/next")),
  answer: async (conversation: string, offer: string, accept: boolean, reason?: string) =>
    done(await call<unknown>("POST", `/conversations/${id(conversation)}/offer`, { body: { offer, accept, reason: reason || undefined } })),
  prioritise: async (c: Conversation, priority: number) =>
    done(await call<unknown>("POST", `/conversations/${id(c.id)}/priority`, { body: { priority }, version: c.version })),
  macros: () => call<Page<Macro>>("GET", "/macros"),
  canned: () => call<Page<Canned>>("GET", "/canned"),
  segments: () => call<Page<Segment>>("GET", "/segments"),
  skills: () => call<Page<{ id: string; name: string }>>("GET", "/skills"),
  run: (c: Conversation, macro: string) => call<Ran>("POST", `/conversations/${id(c.id)}/macros/${id(macro)}`, { version: c.version }),
  render: (conversation: string, canned: string) => call<{ text: string }>("POST", `/conversations/${id(conversation)}/canned/${id(canned)}`),
  waiting: (queue: string) => call<Page<Conversation>>("GET", q("/conversations", { queue, status: "open", assignee: "none", sort: "waiting", limit: 50 })),
};
