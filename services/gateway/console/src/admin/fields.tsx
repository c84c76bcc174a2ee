// Fields that several forms of the administration share.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatSpan, parseSpan } from "../core/span";
import { language, t } from "../i18n";
import { Button } from "../ui/parts";
import type { Named, Need, Relax } from "./shapes";

/** A field with its name, a hint, and what is wrong with it. */
export function Field({ label, hint, fault, wide, children }: { label: string; hint?: string; fault?: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <label class={`field ${wide ? "wide" : ""}`}>
      <span>{label}</span>
      {children}
      {hint && <small class="muted">{hint}</small>}
      {fault && <small class="fault" role="alert">{fault}</small>}
    </label>
  );
}

/** A group of fields with one name. */
export function Group({ label, hint, wide = true, children }: { label: string; hint?: string; wide?: boolean; children: ComponentChildren }) {
  return <fieldset class={`field ${wide ? "wide" : ""}`}><legend>{label}</legend>{hint && <small class="muted">{hint}</small>}{children}</fieldset>;
}

export function Choose({ label, hint, value, options, none, set, fault, required, wide }: { label: string; hint?: string; value?: string; options: [string, string][]; none?: string; set: (v: string) => void; fault?: string; required?: boolean; wide?: boolean }) {
  const known = !value || options.some(([id]) => id === value);
  return (
    <Field label={label} hint={hint} fault={fault} wide={wide}>
      <select value={value ?? ""} required={required} onChange={(e) => set(e.currentTarget.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {options.map(([id, name]) => <option key={id} value={id}>{name}</option>)}
        {!known && <option value={value}>{value}</option>}
      </select>
    </Field>
  );
}

/** What a list of named things offers to choose from. */
export const named = (all: readonly Named[]): [string, string][] => all.map((x) => [x.id, x.name]);

export function Num({ label, hint, value, set, min, max, fault, required }: { label: string; hint?: string; value?: number; set: (n: number) => void; min: number; max: number; fault?: string; required?: boolean }) {
  return <Field label={label} hint={hint} fault={fault}><input type="number" step={1} min={min} max={max} required={required} value={value ?? ""} onInput={(e) => set(e.currentTarget.valueAsNumber || 0)} /></Field>;
}

/** A length of time, typed as one says it. What cannot be read keeps the form
 * from being sent. */
export function SpanInput({ value, set, label, placeholder, max = 366 * 86_400 }: { value?: number; set: (seconds: number) => void; label?: string; placeholder?: string; max?: number }) {
  const [typed, setTyped] = useState<string>();
  const box = useRef<HTMLInputElement>(null);
  const shown = typed ?? formatSpan(value, language.value);
  const read = parseSpan(shown);
  const wrong = read === null || read > max;
  // Before the screen is drawn: who presses Enter at once must not be heard.
  useLayoutEffect(() => box.current?.setCustomValidity(wrong ? t.value.manage.badSpan : ""), [wrong]);
  return <input ref={box} class="span" aria-label={label} value={shown} placeholder={placeholder ?? "1h 30m"} autocomplete="off" aria-invalid={wrong} onBlur={(e) => ((n) => n !== null && n <= max && setTyped(undefined))(parseSpan(e.currentTarget.value))}
    onInput={(e) => { const text = e.currentTarget.value, n = parseSpan(text); setTyped(text); if (n !== null && n <= max) set(n); }} />;
}

export function Span({ label, hint, value, set, placeholder, max, fault }: { label: string; hint?: string; value?: number; set: (seconds: number) => void; placeholder?: string; max?: number; fault?: string }) {
  return <Field label={label} hint={hint} fault={fault}><SpanInput value={value} set={set} placeholder={placeholder} max={max} /></Field>;
}

export function Switch({ label, hint, on, set, wide = true }: { label: string; hint?: string; on: boolean; set: (on: boolean) => void; wide?: boolean }) {
  return <label class={`check ${wide ? "wide" : ""}`}><input type="checkbox" checked={on} onChange={(e) => set(e.currentTarget.checked)} /><span>{label}</span>{hint && <small class="muted">{hint}</small>}</label>;
}

/** Several of a list. */
export function Some({ label, hint, all, chosen, set }: { label: string; hint?: string; all: readonly Named[]; chosen: readonly string[]; set: (ids: string[]) => void }) {
  return (
    <Group label={label} hint={hint}>
      {all.length ? (
        <div class="checks">{all.map((x) => <label key={x.id} class="check"><input type="checkbox" checked={chosen.includes(x.id)} onChange={(e) => set(e.currentTarget.checked ? [...chosen, x.id] : chosen.filter((y) => y !== x.id))} /><span>{x.name}</span></label>)}</div>
      ) : <p class="muted small">{t.value.none}</p>}
    </Group>
  );
}

/** Words separated by commas. */
export function Tags({ label, value, set, required }: { label: string; value?: string[]; set: (tags: string[]) => void; required?: boolean }) {
  const [typed, setTyped] = useState((value ?? []).join(", "));
  return <Field label={label} hint={t.value.manage.tagsHint}><input value={typed} required={required} autocomplete="off" onInput={(e) => (setTyped(e.currentTarget.value), set([...new Set(e.currentTarget.value.split(",").map((x) => x.trim()).filter(Boolean))]))} /></Field>;
}

/** Rows of a kind, each taken away by its button, and one more by another. */
export function Rows<R>({ rows, set, blank, add, remove, children }: { rows: readonly R[]; set: (rows: R[]) => void; blank: () => R; add: string; remove: (i: number) => string; children: (row: R, change: (c: Partial<R>) => void, i: number) => ComponentChildren }) {
  return (
    <div class="form-rows">
      {rows.map((row, i) => (
        <div key={i} class="form-row">{children(row, (c) => set(rows.map((r, k) => (k === i ? { ...r, ...c } : r))), i)}
          <Button icon="x" label={remove(i)} text={false} kind="quiet" onClick={() => set(rows.filter((_, k) => k !== i))} /></div>
      ))}
      <div><Button icon="plus" label={add} onClick={() => set([...rows, blank()])} /></div>
    </div>
  );
}

/** Skills with levels, and by how much they relax with waiting. */
export function Needs({ skills, needs, set }: { skills: readonly Named[]; needs?: Need[]; set: (needs: Need[]) => void }) {
  const m = t.value.manage;
  const left = skills.filter((k) => !needs?.some((n) => n.skill === k.id));
  return (
    <Group label={m.needs} hint={m.needsHint}>
      {(needs ?? []).map((n, i) => (
        <div key={n.skill} class="form-row"><span class="row-word">{skills.find((k) => k.id === n.skill)?.name ?? n.skill}</span>
          <Level value={n.level} label={skills.find((k) => k.id === n.skill)?.name ?? n.skill} set={(level) => set(needs!.map((x, k) => (k === i ? { ...x, level } : x)))} />
          <Button icon="x" label={t.value.remove} text={false} kind="quiet" onClick={() => set(needs!.filter((_, k) => k !== i))} /></div>
      ))}
      {left.length > 0 ? <select class="add-select" aria-label={m.addNeed} value="" onChange={(e) => e.currentTarget.value && set([...(needs ?? []), { skill: e.currentTarget.value, level: 1 }])}><option value="">+ {m.addNeed}</option>{left.map((k) => <option key={k.id} value={k.id}>{k.name}</option>)}</select>
        : !skills.length && <p class="muted small">{m.noSkills}</p>}
    </Group>
  );
}

/** A level from 1 to 10. */
export function Level({ value, label, set }: { value: number; label: string; set: (level: number) => void }) {
  const m = t.value.manage;
  return <select class="level" aria-label={`${m.level}: ${label}`} value={String(value)} onChange={(e) => set(Number(e.currentTarget.value))}>{[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => <option key={n} value={n}>{m.levelOf(n)}</option>)}</select>;
}

export function Relaxes({ relax, set }: { relax?: Relax[]; set: (relax: Relax[]) => void }) {
  const m = t.value.manage;
  return (
    <Group label={m.relax} hint={m.relaxHint}>
      <Rows rows={relax ?? []} set={set} blank={() => ({ after: 60, by: 1 })} add={m.addStep} remove={() => t.value.remove}>
        {(r, change) => <><span>{m.relaxAfter}</span><SpanInput label={m.relaxAfter} value={r.after} set={(after) => change({ after })} /><span>{m.relaxBy}</span><input class="short" type="number" aria-label={m.relaxBy} min={1} max={10} required value={r.by} onInput={(e) => change({ by: e.currentTarget.valueAsNumber || 0 })} /></>}
      </Rows>
    </Group>
  );
}

const codes = ["ko", "en", "ja", "zh", "es", "fr", "de"];

/** What is said, by language. */
export function Texts({ label, hint, texts, set, variables, must }: { label: string; hint?: string; texts?: Record<string, string>; set: (texts: Record<string, string>) => void; variables: string[]; must?: boolean }) {
  const m = t.value.manage;
  const have = Object.keys(texts ?? {});
  const name = (code: string) => new Intl.DisplayNames([language.value], { type: "language" }).of(code) ?? code;
  return (
    <Group label={label} hint={hint}>
      {have.map((code) => (
        <div key={code} class="text-of">
          <div class="cell spread"><b>{name(code)}</b>{(!must || have.length > 1) && <Button icon="x" label={`${t.value.remove}: ${name(code)}`} text={false} kind="quiet" onClick={() => set(Object.fromEntries(Object.entries(texts!).filter(([k]) => k !== code)))} />}</div>
          <WithVariables label={`${label} (${name(code)})`} value={texts![code]!} variables={variables} set={(text) => set({ ...texts, [code]: text })} />
        </div>
      ))}
      <select class="add-select" aria-label={m.addLanguage} value="" onChange={(e) => e.currentTarget.value && set({ ...texts, [e.currentTarget.value]: "" })}>
        <option value="">+ {m.addLanguage}</option>{codes.filter((c) => !have.includes(c)).map((c) => <option key={c} value={c}>{name(c)}</option>)}
      </select>
    </Group>
  );
}

/** A text in which variables can be set with a press. */
export function WithVariables({ label, value, set, variables, rows = 4 }: { label: string; value: string; set: (text: string) => void; variables: string[]; rows?: number }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const put = (name: string) => {
    const el = box.current!, word = `{{${name}}}`, at = el.selectionStart;
    set(value.slice(0, at) + word + value.slice(el.selectionEnd));
    requestAnimationFrame(() => (el.focus(), el.setSelectionRange(at + word.length, at + word.length)));
  };
  return (
    <>
      <textarea ref={box} rows={rows} required maxLength={8000} aria-label={label} value={value} onInput={(e) => set(e.currentTarget.value)} />
      {variables.length > 0 && <div class="variables" role="group" aria-label={t.value.manage.variables}>{variables.map((v) => <button key={v} type="button" class="chip tag" onClick={() => put(v)}>{t.value.manage.variableNames[v] ?? v}</button>)}</div>}
    </>
  );
}
