// The keyboard. Single letters work wherever nobody is typing; Ctrl+K works
// everywhere.
import { useEffect } from "preact/hooks";
import { assignMe, move, reopen, resolve } from "../core/actions";
import { go, route } from "../core/route";
import { current, me } from "../core/store";
import { pulls, takeNext } from "../work/presence";
import { compose } from "./Composer";
import { panelOpen } from "./ContactPanel";
import { menu, toggleMenu } from "./parts";

function typing(e: KeyboardEvent): boolean {
  const el = e.target as HTMLElement;
  return el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);
}

const keys: Record<string, () => void> = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  "/": () => document.getElementById("search")?.focus(),
  "?": () => toggleMenu("help"),
  N: () => void (pulls.value && takeNext()),
};

const withConversation: Record<string, () => void> = {
  // Enter goes to the conversation to read it. Only r and n go where one writes:
  // the next shortcut must not end up in a letter to the customer.
  Enter: () => document.querySelector<HTMLElement>(".timeline")?.focus(),
  r: () => compose("message"),
  n: () => compose("note"),
  t: () => toggleMenu("transfer"),
  s: () => toggleMenu("snooze"),
  "#": () => toggleMenu("tag"),
  p: () => toggleMenu("priority"),
  m: () => toggleMenu("macros"),
  c: () => toggleMenu("callback"),
  v: () => toggleMenu("entry"),
  A: () => toggleMenu("assign"),
  i: () => void (panelOpen.value = !panelOpen.value),
  a: () => {
    const c = current.value;
    if (c && c.assignee !== me.value?.id) void assignMe(c);
  },
  e: () => {
    const c = current.value;
    if (c?.status === "open") void resolve(c);
  },
  o: () => {
    const c = current.value;
    if (c && c.status !== "open") void reopen(c);
  },
  Escape: () => (menu.value ? (menu.value = "") : go({ view: route.value.view })),
};

function press(e: KeyboardEvent): void {
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
    e.preventDefault();
    toggleMenu("palette");
    return;
  }
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e)) return;
  if (menu.value && e.key !== "Escape" && e.key !== "?") return;
  if (route.value.admin || route.value.board || route.value.whatif !== undefined || route.value.reports !== undefined) {
    if (e.key === "?") toggleMenu("help");
    return;
  }
  // Arrows scroll and Enter presses where the focus stands on something.
  const focus = document.activeElement;
  if ((e.key === "Enter" || e.key.startsWith("Arrow")) && focus && focus !== document.body && !focus.matches(".row, .list-scroll")) return;
  const f = keys[e.key] ?? (current.value ? withConversation[e.key] : undefined);
  if (!f) return;
  e.preventDefault();
  f();
}

export function useKeys(): void {
  useEffect(() => {
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
