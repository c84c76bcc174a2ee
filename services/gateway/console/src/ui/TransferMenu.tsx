import { useState } from "preact/hooks";
import { agents, me, queues, teams } from "../core/store";
import { t } from "../i18n";
import { Button, type Choice, first, Picker, Popover } from "./parts";

type Target = { queue?: string; team?: string; assignee?: string };

/** First where to, then a note for whoever takes it. */
export function TransferMenu({ onClose, onTransfer }: { onClose: () => void; onTransfer: (to: Target & { note?: string }) => Promise<boolean> }) {
  const s = t.value;
  const [target, setTarget] = useState<{ to: Target; label: string } | null>(null);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    const ok = await onTransfer({ ...target!.to, note: note.trim() || undefined });
    setBusy(false);
    if (ok) onClose();
  };
  return (
    <Popover label={s.transfer} onClose={onClose}>
      {!target ? <Picker choices={transferChoices((to, label) => setTarget({ to, label }))} placeholder={s.transferTo} empty={s.none} /> : (
        <form class="menu-form" onSubmit={(e) => (e.preventDefault(), void go())}>
          <strong>{s.transfer}: {target.label}</strong>
          <textarea rows={3} ref={first} value={note} placeholder={s.noteOptional} aria-label={s.noteOptional} onInput={(e) => setNote(e.currentTarget.value)} onKeyDown={(e) => e.key === "Enter" && (e.ctrlKey || e.metaKey) && void go()} />
          <div class="menu-buttons">
            <Button label={s.cancel} kind="quiet" onClick={() => setTarget(null)} />
            <Button type="submit" label={s.transfer} kind="primary" disabled={busy} />
          </div>
        </form>
      )}
    </Popover>
  );
}

function transferChoices(run: (to: { queue?: string; team?: string; assignee?: string }, label: string) => void): Choice[] {
  const s = t.value;
  return [
    ...teams.value.map((x): Choice => ({ id: "t" + x.id, label: x.name, icon: "users", group: s.team, run: () => run({ team: x.id }, x.name) })),
    ...queues.value.map((x): Choice => ({ id: "q" + x.id, label: x.name, icon: "queue", group: s.queue, run: () => run({ queue: x.id }, x.name) })),
    ...agents.value.filter((a) => !a.disabled && a.id !== me.value?.id).map((a): Choice => ({ id: "a" + a.id, label: a.name, icon: "user", group: s.agent, run: () => run({ assignee: a.id }, a.name) })),
  ];
}
