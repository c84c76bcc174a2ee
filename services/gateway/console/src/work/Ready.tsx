// Macros under their button, and canned answers as one types their shortcut.
import { useEffect } from "preact/hooks";
import { language, t } from "../i18n";
import type { Conversation } from "../core/wire";
import { Button, menu, Picker, Popover, toggleMenu } from "../ui/parts";
import { loadReady, macros, runMacro } from "./ready";
import type { Canned } from "./shapes";

export function MacroMenu({ c }: { c: Conversation }) {
  const s = t.value.work;
  const close = () => (menu.value = "");
  return (
    <div class="anchor">
      <Button icon="bolt" label={s.macros} keys="m" text={false} kind="quiet" expanded={menu.value === "macros"} onClick={() => toggleMenu("macros")} />
      {menu.value === "macros" && (
        <Popover align="left" label={s.macros} onClose={close}>
          <MacroPicker c={c} close={close} />
        </Popover>
      )}
    </div>
  );
}

function MacroPicker({ c, close }: { c: Conversation; close: () => void }) {
  const s = t.value.work;
  useEffect(() => void loadReady(), []);
  const steps = (m: (typeof macros.value)[number]) => m.do.map((a) => s.actions[a.do] ?? a.do).join(" · ");
  return <Picker placeholder={s.runMacro} empty={s.noMacros} choices={macros.value.map((m) => ({ id: m.id, label: m.name, hint: steps(m), icon: "bolt", run: () => (close(), void runMacro(c, m)) }))} />;
}

/** The answers that fit what was typed after a slash; the composer keeps the
 * focus and says which one is picked. */
export function CannedList({ list, pick, onPick }: { list: Canned[]; pick: number; onPick: (x: Canned) => void }) {
  const s = t.value.work;
  const text = (x: Canned) => x.texts?.[language.value] ?? Object.values(x.texts ?? {})[0] ?? "";
  return (
    <div id="canned" class="canned" role="listbox" aria-label={s.canned}>
      {list.map((x, i) => (
        <div key={x.id} id={`canned-${i}`} role="option" aria-selected={i === pick} class={`choice ${i === pick ? "on" : ""}`} onPointerDown={(e) => (e.preventDefault(), onPick(x))}>
          <kbd>/{x.shortcut}</kbd><span class="choice-label">{x.name}</span><span class="choice-hint">{text(x)}</span>
        </div>
      ))}
    </div>
  );
}
