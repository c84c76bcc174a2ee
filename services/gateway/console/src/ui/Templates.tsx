// Approved texts: where a channel takes no free text any more, an agent chooses
// one here and fills in its places.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { explain, send } from "../core/actions";
import { api } from "../core/api";
import { inboxes } from "../core/store";
import { filled, places } from "../core/window";
import type { Conversation, Template } from "../core/wire";
import { t } from "../i18n";
import { Button } from "./parts";

/** For which conversation and channel the picker was asked for by hand. */
export const templatesFor = signal<{ conversation: string; channel: string } | null>(null);

export function Templates({ c, channel, onClose }: { c: Conversation; channel: string; onClose?: () => void }) {
  const s = t.value;
  const inbox = inboxes.value.find((i) => i.channel === channel && c.inboxes.includes(i.id)) ?? inboxes.value.find((i) => i.channel === channel);
  const [all, setAll] = useState<Template[]>();
  const [error, setError] = useState("");
  const [at, setAt] = useState(-1);
  const [values, setValues] = useState<Record<string, string>>({});
  useEffect(() => {
    let over = false;
    if (inbox) api.templates(inbox.id).then((p) => !over && setAll(p.items ?? []), (e) => !over && setError(explain(e)));
    return () => void (over = true);
  }, [inbox?.id]);
  const chosen = all?.[at];
  const wanted = chosen ? places(chosen.text ?? "", chosen.params) : [];
  const full = wanted.every((k) => values[k]?.trim());
  const submit = (e: SubmitEvent) => {
    e.preventDefault();
    if (!chosen || !full) return;
    const params = Object.fromEntries(wanted.map((k) => [k, values[k]!.trim()]));
    const text = filled(chosen.text ?? "", params);
    void send({ conversation: c.id, kind: "message", text, channel, inbox: inbox?.id, attachments: [], template: { name: chosen.name, language: chosen.language, params, text } });
    setAt(-1);
    setValues({});
    onClose?.();
  };
  return (
    <form class="templates" onSubmit={submit}>
      {error && <p class="notice bad" role="alert">{error}</p>}
      {!all && !error && <p class="muted">{s.loading}</p>}
      {all && !all.length && <p class="muted">{s.noTemplates}</p>}
      {!!all?.length && (
        <select aria-label={s.pickTemplate} value={at} onChange={(e) => (setAt(Number(e.currentTarget.value)), setValues({}))}>
          <option value={-1}>{s.pickTemplate}</option>
          {all.map((x, i) => <option key={i} value={i}>{x.name}{x.language ? ` (${x.language})` : ""}</option>)}
        </select>
      )}
      {wanted.map((k) => <label key={k} class="field"><span>{s.templateValue(`{{${k}}}`)}</span><input required maxLength={1000} value={values[k] ?? ""} onInput={(e) => setValues({ ...values, [k]: e.currentTarget.value })} /></label>)}
      {chosen && <div class="template-preview">{filled(chosen.text ?? chosen.name, values)}</div>}
      <div class="menu-buttons">{onClose && <Button label={s.cancel} kind="quiet" onClick={onClose} />}<Button type="submit" icon="send" label={s.sendTemplate} kind="primary" disabled={!chosen || !full} /></div>
    </form>
  );
}
