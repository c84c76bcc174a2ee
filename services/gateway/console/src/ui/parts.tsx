// Small parts that several panes share.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { hue, initials } from "../core/format";
import { presence } from "../core/store";
import { t } from "../i18n";
import { Icon, type IconName } from "./icons";

export function Avatar({ name, id, size = "" }: { name: string; id?: string; size?: "" | "small" | "large" }) {
  return <span class={`avatar ${hue(id || name)} ${size}`} aria-hidden="true">{initials(name)}</span>;
}

/** An agent's avatar with a dot for presence. */
export function AgentAvatar({ id, name }: { id: string; name: string }) {
  const state = presence.value[id];
  return (
    <span class="agent-avatar" title={name}>
      <Avatar name={name} id={id} size="small" />
      {state && state !== "offline" && <i class={`dot ${state}`} />}
    </span>
  );
}

interface ButtonProps {
  icon?: IconName;
  label: string;
  keys?: string;
  text?: boolean;
  kind?: "" | "primary" | "quiet" | "danger" | "note";
  disabled?: boolean;
  pressed?: boolean;
  expanded?: boolean;
  type?: "button" | "submit";
  onClick?: (e: MouseEvent) => void;
}

export function Button(p: ButtonProps) {
  return (
    <button
      type={p.type ?? "button"} class={`button ${p.kind ?? ""} ${p.text === false ? "icon-only" : ""}`} title={p.keys ? `${p.label} (${p.keys})` : p.label}
      aria-label={p.label} aria-pressed={p.pressed} aria-expanded={p.expanded} disabled={p.disabled} onClick={p.onClick}
    >
      {p.icon && <Icon name={p.icon} />}
      {p.text !== false && <span>{p.label}</span>}
    </button>
  );
}

/** Which menu is open; one at a time, also when a key opens it. */
export const menu = signal<"" | "assign" | "transfer" | "snooze" | "tag" | "callback" | "entry" | "new" | "palette" | "help" | "account" | "password" | "presence" | "priority" | "why" | "macros">("");

export function toggleMenu(m: typeof menu.value): void {
  menu.value = menu.value === m ? "" : m;
}

/** Takes the focus when it is drawn first. The attribute autofocus does so only
 * where nothing else has the focus yet, which is never within a page. */
export const first = (el: HTMLElement | null): void => el?.focus();

/** Moves a box by as much as it stands out of the window, less a margin in pixels:
 * under a button near the edge of a small screen its start would be out of reach. */
function keepInSight(el: HTMLElement, margin = 8): void {
  el.style.translate = "";
  const r = el.getBoundingClientRect();
  const by = (from: number, to: number, most: number) => Math.max(margin - from, Math.min(0, most - margin - to));
  const x = r.left < margin || r.right > innerWidth - margin ? by(r.left, r.right, innerWidth) : 0;
  const y = r.top < margin || r.bottom > innerHeight - margin ? by(r.top, r.bottom, innerHeight) : 0;
  if (x || y) el.style.translate = `${x}px ${y}px`;
}

/** A box under its button, all of it in the window; a click outside or Escape closes it. */
export function Popover({ children, align = "right", label, onClose }: { children: ComponentChildren; align?: "left" | "right"; label: string; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef(document.activeElement as HTMLElement | null); // before anything within takes the focus
  // Not an effect that waits for the screen: one who types fast has left by then.
  useLayoutEffect(() => {
    const down = (e: PointerEvent) => {
      if (!box.current?.parentElement?.contains(e.target as Node)) onClose();
    };
    const place = () => void (box.current && keepInSight(box.current));
    const grown = new ResizeObserver(place);
    place();
    grown.observe(box.current!);
    addEventListener("resize", place);
    addEventListener("pointerdown", down);
    return () => {
      grown.disconnect();
      removeEventListener("resize", place);
      removeEventListener("pointerdown", down);
      if (box.current === null || box.current.contains(document.activeElement)) opener.current?.focus();
    };
  }, []);
  return (
    <div ref={box} class={`popover ${align}`} role="dialog" aria-label={label} onKeyDown={(e) => e.key === "Escape" && (e.stopPropagation(), onClose())}>
      {children}
    </div>
  );
}

/** A dialog over everything. */
export function Modal({ children, label, onClose, wide }: { children: ComponentChildren; label: string; onClose: () => void; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} class={`modal ${wide ? "wide" : ""}`} aria-label={label} onClose={onClose} onClick={(e) => e.target === box.current && onClose()}>
      <div class="modal-body">{children}</div>
    </dialog>
  );
}

export interface Choice {
  id: string;
  label: string;
  hint?: string;
  icon?: IconName;
  group?: string;
  /** Further words by which it is found. */
  words?: string;
  run: () => void;
}

/** A list that narrows as one types; arrows and Enter choose. With free, what
 * was typed can be chosen although it is not in the list. */
export function Picker({ choices, placeholder, free, empty }: { choices: Choice[]; placeholder: string; free?: (text: string) => Choice; empty?: string }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  // At once: what is typed right after the key that opened it is meant for it.
  useLayoutEffect(() => input.current?.focus(), []);
  const wanted = text.trim().toLocaleLowerCase();
  const shown = choices.filter((c) => !wanted || `${c.label} ${c.words ?? ""} ${c.hint ?? ""}`.toLocaleLowerCase().includes(wanted)).slice(0, 80);
  if (free && wanted && !shown.some((c) => c.label.toLocaleLowerCase() === wanted)) shown.push(free(text.trim()));
  const pick = Math.min(at, shown.length - 1);
  useEffect(() => list.current?.querySelector(".on")?.scrollIntoView({ block: "nearest" }), [pick]);
  const key = (e: KeyboardEvent) => {
    if (e.isComposing) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setAt((pick + (e.key === "ArrowDown" ? 1 : shown.length - 1)) % Math.max(1, shown.length));
    } else if (e.key === "Enter") {
      e.preventDefault();
      shown[pick]?.run();
    }
  };
  let group = "";
  return (
    <div class="picker">
      <input
        ref={input} class="picker-input" value={text} placeholder={placeholder} aria-label={placeholder} role="combobox" aria-expanded="true" aria-controls="choices"
        aria-activedescendant={shown[pick] ? `choice-${pick}` : undefined} onInput={(e) => (setText(e.currentTarget.value), setAt(0))} onKeyDown={key}
      />
      <div ref={list} id="choices" class="choices" role="listbox" aria-label={placeholder}>
        {shown.map((c, i) => {
          const head = c.group && c.group !== group ? (group = c.group) : "";
          return (
            <div key={c.id}>
              {head && <div class="choice-group">{head}</div>}
              <div id={`choice-${i}`} role="option" aria-selected={i === pick} class={`choice ${i === pick ? "on" : ""}`} onPointerMove={() => i !== pick && setAt(i)} onClick={c.run}>
                {c.icon && <Icon name={c.icon} />}
                <span class="choice-label">{c.label}</span>
                {c.hint && <span class="choice-hint">{c.hint}</span>}
              </div>
            </div>
          );
        })}
        {!shown.length && <div class="choice-none">{empty ?? t.value.noCommand}</div>}
      </div>
    </div>
  );
}

export function Keys({ k }: { k: string }) {
  return <>{k.split(" ").map((x) => <kbd key={x}>{x}</kbd>)}</>;
}
