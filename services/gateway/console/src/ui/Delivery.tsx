// How far an answer has come: its marks, when it got where, and what an agent
// can do where it got nowhere.
import { outcome, send } from "../core/actions";
import { full, precise } from "../core/format";
import type { Message, Status } from "../core/wire";
import { t, type Strings } from "../i18n";
import { Icon, type IconName } from "./icons";

const marks: Partial<Record<Status, IconName>> = { queued: "clock", sending: "clock", sent: "check", delivered: "checks", read: "checks", failed: "warn", unknown: "help" };

const word = (status: Status, s: Strings): string =>
  ({ received: s.received, queued: s.stQueued, sending: s.sending, sent: s.stSent, delivered: s.stDelivered, read: s.stRead, failed: s.stFailed, unknown: s.stUnknown })[status] ?? status;

/** Why a provider took a message not: the machine word in the agent's language,
 * and what the provider said. */
export function refusal(detail: string | undefined, s: Strings): { why: string; said: string } {
  const [code = "", ...rest] = (detail ?? "").split(":");
  const why = s.refusals[code];
  return why ? { why, said: rest.join(":").trim() } : { why: "", said: detail ?? "" };
}

export function Delivery({ m }: { m: Message }) {
  const s = t.value;
  if (m.status === "unknown")
    return (
      <div class="trouble doubt" role="alert">
        <Icon name="help" size={14} />
        <span><b>{s.stUnknown}.</b> {s.unknownHint}{m.status_detail && <em> {m.status_detail}</em>}</span>
        <span class="trouble-actions">
          <button class="link" onClick={() => void outcome(m, "sent")}>{s.arrived}</button>
          <button class="link" onClick={() => void outcome(m, "retry")}>{s.sendAgain}</button>
          <button class="link" onClick={() => void outcome(m, "failed")}>{s.giveUp}</button>
        </span>
      </div>
    );
  if (m.status === "failed") {
    const { why, said } = refusal(m.status_detail, s);
    const at = m.steps?.findLast((x) => x.status === "failed")?.at;
    return (
      <div class="trouble" role="alert">
        <Icon name="warn" size={14} /><span><b title={at && full(at)}>{s.stFailed}.</b> {why} {said && <em>{said}</em>}</span>
        {!m.template && <button class="link" onClick={() => void send({ conversation: m.conversation_id, kind: "message", text: m.text, channel: m.channel, inbox: m.inbox_id, attachments: m.attachments ?? [] })}>{s.sendAgain}</button>}
      </div>
    );
  }
  const mark = marks[m.status];
  const shown = <>{mark && <Icon name={mark} size={13} />}{word(m.status, s)}</>;
  if (!m.steps?.length) return <div class={`msg-foot st-${m.status}`} title={m.status_detail}>{shown}</div>;
  return (
    <details class={`msg-foot st-${m.status}`}>
      <summary title={m.steps.map((x) => `${word(x.status, s)}: ${precise(x.at)}`).join("\n")}>{shown}</summary>
      <dl class="steps">
        {m.steps.map((x) => <div key={x.at + x.status} class={`st-${x.status}`}><dt>{word(x.status, s)}</dt><dd><time dateTime={x.at} title={full(x.at)}>{precise(x.at)}</time>{x.detail && <small>{x.detail}</small>}</dd></div>)}
      </dl>
    </details>
  );
}
