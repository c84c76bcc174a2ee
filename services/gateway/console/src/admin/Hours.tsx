import { language, t } from "../i18n";
import { Button } from "../ui/parts";
import { Field, Group, Rows } from "./fields";
import { KeptPage, type FormProps } from "./Kept";
import { settings } from "./settings";
import { days, type Block, type Day, type Holiday, type Hours as HoursOf } from "./shapes";

const zones: string[] = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const office = (): Block[] => [{ from: "09:00", to: "18:00" }];

// 2 November 2026 is a Monday.
const dayName = (d: Day): string => new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" }).format(Date.UTC(2026, 10, 2 + days.indexOf(d)));
const short = (d: Day): string => new Intl.DateTimeFormat(language.value, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2026, 10, 2 + days.indexOf(d)));

export function HoursPage({ item }: { item?: string }) {
  const m = t.value.manage;
  return (
    <KeptPage<HoursOf> item={item} kept={{
      page: "hours", store: settings.hours, hint: m.hoursHint, add: m.newHours, head: [m.zone, m.open, m.holidays],
      row: (h) => [h.zone, week(h), String(h.holidays?.length ?? 0)],
      blank: () => ({ id: "", name: "", zone: here(), week: Object.fromEntries(days.slice(0, 5).map((d) => [d, office()])), holidays: [] }), Form,
    }} />
  );
}

/** The week in short: "Mon–Fri 09:00–18:00". */
export function week(h: HoursOf): string {
  const said = (d: Day) => (h.week[d] ?? []).map((b) => `${b.from}–${b.to}`).join(", ");
  const runs: [Day, Day, string][] = [];
  for (const d of days) {
    const last = runs.at(-1), words = said(d);
    if (last && last[2] === words) last[1] = d;
    else runs.push([d, d, words]);
  }
  return runs.filter((r) => r[2]).map(([a, b, w]) => `${a === b ? short(a) : `${short(a)}–${short(b)}`} ${w}`).join("; ");
}

function Form({ v, set }: FormProps<HoursOf>) {
  const s = t.value, m = s.manage;
  const day = (d: Day, blocks: Block[]) => set({ week: { ...v.week, [d]: blocks } });
  return (
    <>
      <Field label={m.zone} hint={m.zoneHint} wide><input value={v.zone} required list="zones" autocomplete="off" onInput={(e) => set({ zone: e.currentTarget.value })} /></Field>
      <datalist id="zones">{zones.map((z) => <option key={z} value={z} />)}</datalist>
      <Group label={m.week} hint={m.weekHint}>
        <div class="week">
          {days.map((d) => (
            <div key={d} class="week-day" role="group" aria-label={dayName(d)}>
              <b>{dayName(d)}</b>
              <Blocks blocks={v.week[d] ?? []} set={(b) => day(d, b)} of={dayName(d)} />
            </div>
          ))}
        </div>
        <div><Button label={m.sameAsMonday} onClick={() => set({ week: { ...v.week, ...Object.fromEntries(days.slice(1, 5).map((d) => [d, v.week.monday ?? []])) } })} /></div>
      </Group>
      <Group label={m.holidays} hint={m.holidaysHint}>
        <Rows<Holiday> rows={v.holidays ?? []} set={(holidays) => set({ holidays })} blank={() => ({ date: "" })} add={m.addHoliday} remove={(i) => `${s.remove}: ${v.holidays?.[i]?.name || v.holidays?.[i]?.date || i + 1}`}>
          {(h, change) => (
            <>
              <input type="date" required aria-label={m.date} value={h.date} onInput={(e) => change({ date: e.currentTarget.value })} />
              <input aria-label={s.label} placeholder={s.label} maxLength={60} value={h.name ?? ""} onInput={(e) => change({ name: e.currentTarget.value || undefined })} />
              <label class="check"><input type="checkbox" checked={!!h.yearly} onChange={(e) => change({ yearly: e.currentTarget.checked || undefined })} /><span>{m.yearly}</span></label>
              <Blocks blocks={h.blocks ?? []} set={(b) => change({ blocks: b.length ? b : undefined })} of={h.name || h.date || m.holidays} />
            </>
          )}
        </Rows>
      </Group>
    </>
  );
}

/** The blocks of one day; a day without any is closed. */
function Blocks({ blocks, set, of }: { blocks: Block[]; set: (b: Block[]) => void; of: string }) {
  const m = t.value.manage;
  const put = (i: number, c: Partial<Block>) => set(blocks.map((b, k) => (k === i ? { ...b, ...c } : b)));
  const next = (): Block => ({ from: blocks.at(-1)?.to && blocks.at(-1)!.to < "23:00" ? blocks.at(-1)!.to : "09:00", to: blocks.length ? "24:00" : "18:00" });
  return (
    <div class="blocks">
      {!blocks.length && <span class="muted">{m.closedDay}</span>}
      {blocks.map((b, i) => (
        <span key={i} class="block">
          <Clock label={`${of}: ${m.from}`} value={b.from} set={(from) => put(i, { from })} />–<Clock label={`${of}: ${m.to}`} value={b.to} set={(to) => put(i, { to })} />
          <Button icon="x" label={`${t.value.remove}: ${of} ${b.from}–${b.to}`} text={false} kind="quiet" onClick={() => set(blocks.filter((_, k) => k !== i))} />
        </span>
      ))}
      <Button icon="plus" label={`${m.addBlock}: ${of}`} text={false} kind="quiet" onClick={() => set([...blocks, next()])} />
    </div>
  );
}

/** A time of day as HH:MM; 24:00 is the end of a day, which the browser's own
 * field does not know. */
function Clock({ value, set, label }: { value: string; set: (v: string) => void; label: string }) {
  return <input class="clock" aria-label={label} value={value} required pattern="([01]\d|2[0-3]):[0-5]\d|24:00" inputMode="numeric" placeholder="09:00" maxLength={5} title={t.value.manage.clockHint} onInput={(e) => set(e.currentTarget.value)} onBlur={(e) => set(clockOf(e.currentTarget.value))} />;
}

/** A time of day in full from how people type it: "9", "930", "9:30". */
export function clockOf(typed: string): string {
  const m = /^(\d{1,2}):?(\d{2})?$/.exec(typed.trim());
  return m ? `${m[1]!.padStart(2, "0")}:${m[2] ?? "00"}` : typed;
}
