// Drafts: what an agent has begun to write, kept per conversation and kind in
// this browser, so that neither a switch nor a reload loses a word.
export type DraftKind = "message" | "note";

const key = (conversation: string, kind: DraftKind) => `tributary.draft.${kind}.${conversation}`;

/** The most drafts that are kept; the oldest go first. */
const LIMIT = 200;

export function loadDraft(conversation: string, kind: DraftKind): string {
  return (JSON.parse(localStorage.getItem(key(conversation, kind)) ?? "null") as { text: string } | null)?.text ?? "";
}

export function hasDraft(conversation: string): boolean {
  return localStorage.getItem(key(conversation, "message")) !== null;
}

/** Keeps a draft; empty text removes it. A full store is not worth an error. */
export function saveDraft(conversation: string, kind: DraftKind, text: string): void {
  if (!text.trim()) return localStorage.removeItem(key(conversation, kind));
  try {
    localStorage.setItem(key(conversation, kind), JSON.stringify({ text, at: Date.now() }));
  } catch {
    prune(LIMIT / 2);
  }
}

/** Keeps the newest drafts only. */
export function prune(limit = LIMIT): void {
  const found: { key: string; at: number }[] = [];
  for (let i = 0; i < localStorage.length; i++) {
    const k = localStorage.key(i)!;
    if (k.startsWith("tributary.draft.")) found.push({ key: k, at: (JSON.parse(localStorage.getItem(k)!) as { at: number }).at });
  }
  found.sort((a, b) => b.at - a.at);
  for (const d of found.slice(limit)) localStorage.removeItem(d.key);
}

/** Removes every draft: another person may sign in at this machine. */
export const clearDrafts = (): void => prune(0);
