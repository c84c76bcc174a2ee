// What stands beside a conversation: its priority, the customer's segments, and
// what they said of us.
import { signal } from "@preact/signals";
import { explain, toast } from "../core/actions";
import { ApiError } from "../core/api";
import { once } from "../core/again";
import { full } from "../core/format";
import { mutate } from "../core/store";
import type { Conversation } from "../core/wire";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { menu, Popover, toggleMenu } from "../ui/parts";
import { work } from "./api";
import type { Survey } from "./shapes";

const names = signal<Record<string, string>>({});
let asked = 0;

/** A segment's name. Names are read when one is met that is not known, at most
 * once a minute. */
function segmentName(id: string): string {
  if (!(id in names.value) && Date.now() - asked > 60_000) {
    asked = Date.now();
    void work.segments().then((p) => (names.value = Object.fromEntries((p.items ?? []).map((x) => [x.id, x.name]))), () => {}); // an agent may not be allowed to list them
  }
  return names.value[id] ?? id;
}

export function Segments({ ids }: { ids: string[] | undefined }) {
  if (!ids?.length) return null;
  return <>{ids.map((id) => <span key={id} class="chip segment" title={t.value.work.segment}><Icon name="users" size={11} />{segmentName(id)}</span>)}</>;
}

/** A score, out of how many, and how good it is. Pure. */
export function scored(x: Survey): { text: string; mood: "good" | "poor" | "" } {
  if (x.score === undefined || x.score === null) return { text: "", mood: "" };
  const top = x.kind === "nps" ? 10 : 5;
  const good = x.kind === "nps" ? x.score >= 9 : x.score >= 4;
  const poor = x.kind === "nps" ? x.score <= 6 : x.score <= 2;
  return { text: `${x.score}/${top}`, mood: good ? "good" : poor ? "poor" : "" };
}

export function SurveyMark({ survey }: { survey: Survey | undefined }) {
  const s = t.value.work;
  if (!survey) return null;
  const { text, mood } = scored(survey);
  const title = text ? s.surveyScored(survey.kind.toUpperCase(), text, mood ? s.moods[mood] : "") : s.surveyAsked(survey.kind.toUpperCase());
  return <span class={`chip survey ${mood}`} title={`${title} (${full(survey.answered_at ?? survey.asked_at)})`}><Icon name="star" size={11} />{survey.kind.toUpperCase()} {text || "…"}</span>;
}

const steps = [10, 5, 2, 0, -5];

async function prioritise(c: Conversation, to: number): Promise<void> {
  try {
    const d = await once(c, (x) => work.prioritise(x, to));
    mutate((w) => w.put(d.conversation));
  } catch (e) {
    if (e instanceof ApiError && e.problem.conversation) mutate((w) => w.put(e.problem.conversation));
    toast(explain(e), { bad: true });
  }
}

/** How far ahead of others a conversation stands, and the way to change it. */
export function Priority({ c }: { c: Conversation }) {
  const s = t.value.work;
  const now = c.priority ?? 0;
  const close = () => (menu.value = "");
  return (
    <span class="anchor">
      <button class={`chip add prio ${now > 0 ? "up" : now < 0 ? "down" : ""}`} title={`${s.priority} (p)`} aria-label={s.priorityIs(now)} aria-expanded={menu.value === "priority"} onClick={() => toggleMenu("priority")}>
        <Icon name="flag" size={11} />{now !== 0 && (now > 0 ? `+${now}` : now)}
      </button>
      {menu.value === "priority" && (
        <Popover align="left" label={s.priority} onClose={close}>
          <div class="prio-menu" role="group" aria-label={s.priority}>
            {[...new Set([...steps, now])].sort((a, b) => b - a).map((p, i) => (
              <button key={p} class="presence-item" aria-pressed={p === now} ref={i === 0 ? focus : undefined} onClick={() => (close(), p !== now && void prioritise(c, p))}>
                <span class="grow">{s.priorities[String(p)] ?? s.priority}</span><small class="muted">{p > 0 ? `+${p}` : p}</small>{p === now && <Icon name="check" size={14} />}
              </button>
            ))}
          </div>
        </Popover>
      )}
    </span>
  );
}

const focus = (el: HTMLElement | null): void => el?.focus();
