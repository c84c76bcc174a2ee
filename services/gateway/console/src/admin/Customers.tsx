// What is known of customers and asked of them: segments and surveys.
import { formatSpan } from "../core/span";
import { language, t } from "../i18n";
import { Expression } from "./Expression";
import { spoken } from "./Answers";
import { Choose, Num, Span, Switch, Texts } from "./fields";
import { KeptPage, type FormProps } from "./Kept";
import { OnOff } from "./Routes";
import { settings } from "./settings";
import type { Segment, Survey, SurveyKind } from "./shapes";

export function Segments({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  return <KeptPage<Segment> item={item} kept={{ page: "segments", store: settings.segments, hint: m.segmentsHint, add: m.newSegment, head: [m.when, s.status], row: (x) => [<code class="cut-long" title={x.when}>{x.when}</code>, <OnOff off={x.off} />], blank: () => ({ id: "", name: "", when: "" }), Form: SegmentForm }} />;
}

function SegmentForm({ v, set, fault }: FormProps<Segment>) {
  const m = t.value.manage;
  return (
    <>
      <Expression label={m.whoBelongs} hint={m.segmentWhen} kind="segment" value={v.when} required set={(when) => set({ when })} fault={fault("when")} />
      <Switch label={m.switchedOn} on={!v.off} set={(on) => set({ off: on ? undefined : true })} />
    </>
  );
}

const kinds: SurveyKind[] = ["csat", "nps", "ces"];

export function Surveys({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  return <KeptPage<Survey> item={item} kept={{ page: "surveys", store: settings.surveys, hint: m.surveysHint, add: m.newSurvey, head: [m.kind, m.askAfter, s.status], row: (x) => [m.surveyKinds[x.kind], formatSpan(x.after, language.value) || m.atOnce, <OnOff off={x.off} />], blank: () => ({ id: "", name: "", kind: "csat", after: 300, every: 30 * 86_400, days: 14 }), Form: SurveyForm, tidy: (x) => ({ ...x, texts: Object.keys(spoken(x.texts)).length ? spoken(x.texts) : undefined }) }} />;
}

function SurveyForm({ v, set, fault }: FormProps<Survey>) {
  const m = t.value.manage;
  return (
    <>
      <Choose label={m.kind} hint={m.kindHints[v.kind]} value={v.kind} options={kinds.map((k) => [k, m.surveyKinds[k]])} set={(kind) => set({ kind: kind as SurveyKind })} />
      <Span label={m.askAfter} hint={m.askAfterHint} placeholder={m.atOnce} value={v.after} set={(after) => set({ after })} />
      <Span label={m.askEvery} hint={m.askEveryHint} placeholder={m.everyTime} value={v.every} set={(every) => set({ every })} />
      <Num label={m.countsFor} value={v.days || 14} min={1} max={90} set={(days) => set({ days })} />
      <Expression label={m.onlyIf} hint={m.onlyIfHint} kind="survey" value={v.when ?? ""} set={(when) => set({ when: when || undefined })} fault={fault("when")} />
      <Texts label={m.question} hint={m.questionHint} texts={v.texts} variables={["contact.name", "contact.first_name", "agent.name", "link"]} set={(texts) => set({ texts })} />
      <Preview v={v} />
      <Switch label={m.otherRoads} hint={m.otherRoadsHint} on={!v.used_road_only} set={(on) => set({ used_road_only: on ? undefined : true })} />
      <Switch label={m.switchedOn} on={!v.off} set={(on) => set({ off: on ? undefined : true })} />
    </>
  );
}

/** The scale under each question, as a customer sees it. */
function Preview({ v }: { v: Survey }) {
  const m = t.value.manage;
  const said = Object.entries(spoken(v.texts));
  const scale = v.kind === "nps" ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1, 2, 3, 4, 5];
  return (
    <div class="field wide"><span class="field-name">{m.preview}</span>
      {(said.length ? said : [["", m.ownQuestion]]).map(([code, text]) => (
        <div key={code} class="survey-preview"><p>{text}</p><div class="scale" aria-label={`${scale[0]}–${scale.at(-1)}`}>{scale.map((n) => <span key={n}>{n}</span>)}</div></div>
      ))}
    </div>
  );
}
