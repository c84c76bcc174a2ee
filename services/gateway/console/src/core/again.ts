// When a refused command may be tried again without asking the agent.
import { ApiError } from "./api";
import type { Conversation } from "./wire";

/** Reports whether what an agent decides by is the same in two versions. A
 * receipt or a tag also makes a new version, and is no reason to ask again. */
export function sameFor(a: Conversation, b: Conversation): boolean {
  return a.status === b.status && a.assignee === b.assignee && (a.team ?? "") === (b.team ?? "") && a.queue === b.queue && a.last_message?.id === b.last_message?.id;
}

/** Tries a command; where only the version was stale and nothing that the agent
 * saw has changed, tries a second time, with the present version. */
export async function once<T>(c: Conversation, f: (c: Conversation) => Promise<T>): Promise<T> {
  try {
    return await f(c);
  } catch (e) {
    const now = e instanceof ApiError && e.conflict ? e.problem.conversation : undefined;
    if (!now || now.version === c.version || !sameFor(c, now)) throw e;
    return f(now);
  }
}
