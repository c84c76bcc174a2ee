// What agents have at hand: macros and canned answers.
import { teamName, teams } from "../core/store";
import { t } from "../i18n";
import { ActionsEditor, inWords, variables } from "./ActionsEditor";
import { Field, Some, Texts } from "./fields";
import { KeptPage, type FormProps } from "./Kept";
import { settings } from "./settings";
import type { Canned as CannedOf, Macro } from "./shapes";

const forTeams = (ids?: string[]): string => ids?.map(teamName).join(", ") || t.value.manage.everybody;

export function Macros({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  return <KeptPage<Macro> item={item} kept={{ page: "macros", store: settings.macros, hint: m.macrosHint, add: m.newMacro, head: [m.actions, m.whoHas], row: (x) => [x.do.map((a, i) => <div key={i}>{inWords(a)}</div>), forTeams(x.teams)], blank: () => ({ id: "", name: "", do: [{ do: "tag" }] }), Form: MacroForm }} />;
}

function MacroForm({ v, set }: FormProps<Macro>) {
  const m = t.value.manage;
  return (
    <>
      <Some label={m.whoHas} hint={m.whoHint} all={teams.value} chosen={v.teams ?? []} set={(ids) => set({ teams: ids.length ? ids : undefined })} />
      <div class="wide"><ActionsEditor list={v.do} set={(list) => set({ do: list })} /></div>
    </>
  );
}

export function Canned({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  return <KeptPage<CannedOf> item={item} kept={{ page: "canned", store: settings.canned, hint: m.cannedHint, add: m.newCanned, head: [m.shortcut, s.text, m.whoHas], row: (x) => [<code>/{x.shortcut}</code>, Object.entries(x.texts).map(([code, text]) => <div key={code} class="preview-line" title={text}><span class="chip">{code}</span> {text}</div>), forTeams(x.teams)], blank: () => ({ id: "", name: "", shortcut: "", texts: { ko: "", en: "" } }), Form: CannedForm, tidy: (x) => ({ ...x, texts: spoken(x.texts) }) }} />;
}

/** The languages in which something is said. */
export const spoken = (texts: Record<string, string> | undefined): Record<string, string> => Object.fromEntries(Object.entries(texts ?? {}).filter(([, text]) => text.trim()));

function CannedForm({ v, set, fault }: FormProps<CannedOf>) {
  const m = t.value.manage;
  return (
    <>
      <Field label={m.shortcut} hint={m.shortcutHint} fault={fault("shortcut")}><input value={v.shortcut} required maxLength={60} pattern="[^\s\/]+" title={m.shortcutHint} autocomplete="off" spellcheck={false} onInput={(e) => set({ shortcut: e.currentTarget.value })} /></Field>
      <Some label={m.whoHas} hint={m.whoHint} all={teams.value} chosen={v.teams ?? []} set={(ids) => set({ teams: ids.length ? ids : undefined })} />
      <Texts label={m.texts} hint={m.textsHint} texts={v.texts} variables={variables} must set={(texts) => set({ texts })} />
    </>
  );
}
