// The editor of an expression. The server reads it while one types, and says
// where it is wrong; a refusal also keeps it from being saved.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../core/api";
import { t } from "../i18n";
import { checkExpression, type Checked, type ExpressionKind } from "./expressions";

/** How long one must not type before the server is asked, in milliseconds. */
const PAUSE = 350;

export function Expression({ label, hint, kind, value, set, required, fault }: { label: string; hint?: string; kind: ExpressionKind; value: string; set: (when: string) => void; required?: boolean; fault?: string }) {
  const m = t.value.manage;
  const [checked, setChecked] = useState<Checked & { of: string }>();
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      // What holds always is asked only for what can be named.
      checkExpression(kind, value.trim() || "true", abort.signal).then((c) => setChecked({ ...c, of: value }), (e) => {
        // Without an answer nothing is said; it is read again when it is saved.
        if (e instanceof ApiError || (e instanceof DOMException && e.name === "AbortError")) return setChecked(undefined);
        throw e;
      });
    }, value.trim() ? PAUSE : 0);
    return () => (clearTimeout(timer), abort.abort());
  }, [kind, value]);
  const now = checked?.of === value && value.trim() ? checked : undefined;
  const go = () => {
    const el = box.current!, at = offsetOf(value, now!.line ?? 1, now!.column ?? 1);
    el.focus();
    el.setSelectionRange(at, Math.min(at + 1, value.length));
  };
  const insert = (name: string) => {
    const el = box.current!, at = el.selectionStart;
    set(value.slice(0, at) + name + value.slice(el.selectionEnd));
    requestAnimationFrame(() => (el.focus(), el.setSelectionRange(at + name.length, at + name.length)));
  };
  return (
    <div class="field wide expression">
      <label><span class="field-name">{label}</span>
        <textarea ref={box} class="mono" rows={Math.min(12, Math.max(3, value.split("\n").length + 1))} required={required} maxLength={4096} spellcheck={false} autocomplete="off" value={value} aria-invalid={now ? !now.ok : undefined} aria-describedby="expression-says" onInput={(e) => set(e.currentTarget.value)} /></label>
      {hint && <small class="muted">{hint}</small>}
      <div id="expression-says" role="status" class={`says ${now ? (now.ok ? "good" : "bad") : ""}`}>
        {now && (now.ok ? m.reads : <>{now.line ? <button type="button" class="link" onClick={go}>{m.place(now.line, now.column ?? 1)}</button> : null} {now.error}</>)}
      </div>
      {fault && <small class="fault" role="alert">{fault}</small>}
      {!!checked?.fields?.length && (
        <details><summary>{m.fields}</summary>
          <dl class="fields-list">{checked.fields.map((f) => <div key={f.name}><dt><button type="button" class="link mono" onClick={() => insert(f.name)}>{f.name}</button></dt><dd>{f.type && <code>{f.type}</code>} {f.doc}</dd></div>)}</dl>
        </details>
      )}
    </div>
  );
}

/** The offset of a place, both counted from one and columns in characters. */
export function offsetOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  const end = text.indexOf("\n", at);
  const row = [...text.slice(at, end < 0 ? undefined : end)];
  return at + row.slice(0, column - 1).join("").length;
}
