import { memo } from "../core/memo";
import { useState } from "preact/hooks";
import { api } from "../core/api";
import { clock, duration, full, moment } from "../core/format";
import { agentName } from "../core/store";
import { pointName } from "../core/address";
import type { Message } from "../core/wire";
import { t, type Strings } from "../i18n";
import { Delivery } from "./Delivery";
import { Files, retry } from "./Files";
import { ChannelIcon, channelName, Icon } from "./icons";
import { MailFrame } from "./MailFrame";
import { Avatar } from "./parts";

/** One message of the timeline; head is false when it goes on with the one
 * above by the same person. */
export const MessageView = memo(function MessageView({ m, head }: { m: Message; head: boolean }) {
  const s = t.value;
  const side = m.kind === "note" ? "note" : m.kind === "event" ? "plain" : m.direction;
  const name = (m.author.kind === "agent" ? agentName(m.author.id) || m.author.name : m.author.name) || (m.direction === "in" && m.from ? pointName(m.from) : "") || (m.author.kind === "contact" ? s.noName : s.system);
  const flags = m.flags ?? [];
  const unverified = m.direction === "in" && m.kind !== "note" && m.kind !== "event" && (flags.includes("unverified") || (m.from && m.from.trust !== "proved"));
  if (m.kind === "event") return <div class="event-line" title={full(m.occurred_at)}><span>{said(m, s)}</span><time>{clock(m.occurred_at)}</time></div>;
  return (
    <article class={`msg ${side} ${head ? "head" : "on"}`} aria-label={`${name}, ${full(m.occurred_at)}`}>
      {side === "in" && (head ? <Avatar name={name} id={m.author.id || m.contact_id} /> : <span class="avatar-gap" />)}
      <div class="bubble">
        {head && (
          <div class="msg-head">
            {m.kind === "note" && <span class="note-mark"><Icon name="note" size={12} />{s.note}</span>}
            <strong>{name}</strong>
            {m.channel && m.kind !== "note" && <span class="msg-channel" title={m.from?.value}><ChannelIcon channel={m.channel} size={12} />{channelName(m.channel)}</span>}
            {unverified && <span class="badge warn" title={s.unverifiedHint}><Icon name="shield" size={11} />{s.unverified}</span>}
            <time dateTime={m.occurred_at} title={full(m.occurred_at)}>{clock(m.occurred_at)}</time>
          </div>
        )}
        <Flags flags={flags} s={s} />
        <Former m={m} s={s} />
        {m.template && <div class="flag-words">{s.template}: {m.template.name}{m.template.language && ` (${m.template.language})`}</div>}
        {m.kind === "call" && m.call ? <CallBody m={m} s={s} /> : <Body m={m} s={s} />}
        <Buttons m={m} s={s} />
        <Files m={m} />
        {m.direction === "out" && m.kind === "message" && <Delivery m={m} />}
        {m.reaction && <span class="reaction" title={s.reacted(m.reaction)} role="img" aria-label={s.reacted(m.reaction)}>{m.reaction}</span>}
      </div>
    </article>
  );
});

// What the program says of the customer stands in the reader's language.
function said(m: Message, s: Strings): string {
  const flags = m.flags ?? [];
  return flags.includes("customer-ended") ? s.visitorEnded : flags.includes("customer-left") ? s.customerLeft : m.text;
}

function Flags({ flags, s }: { flags: string[]; s: Strings }) {
  if (!flags.length) return null;
  const words: Record<string, string> = { automatic: s.automatic, bulk: s.automatic };
  const notices: Record<string, string> = { "reply-to-differs": s.replyToDiffers, "id-reused": s.idReused, "charset-guessed": s.charsetGuessed };
  return (
    <>
      {flags.filter((f) => notices[f]).map((f) => <div key={f} class="flag-notice"><Icon name="warn" size={13} />{notices[f]}</div>)}
      {flags.some((f) => words[f]) && <div class="flag-words">{[...new Set(flags.flatMap((f) => words[f] ?? []))].join(" · ")}</div>}
    </>
  );
}

// What a message offers to press, or that it is a press. Nobody presses here.
function Buttons({ m, s }: { m: Message; s: Strings }) {
  if (m.flags?.includes("removed")) return null;
  if (m.pressed) return <div class="flag-words"><span class="pressed">{s.pressed}</span></div>;
  if (!m.quick_replies?.length) return null;
  return <ul class="offered" aria-label={s.offered} title={s.offered}>{m.quick_replies.map((q) => <li key={q.value}>{q.label}</li>)}</ul>;
}

// An edit says so, and shows what stood before it.
function Former({ m, s }: { m: Message; s: Strings }) {
  const former = m.former ?? [];
  if (!m.flags?.includes("edited") || m.flags.includes("removed")) return null;
  if (!former.length) return <div class="flag-words">{s.edited}</div>;
  return (
    <details class="former">
      <summary class="flag-words" title={s.saidBefore}>{s.editedAt(moment(former.at(-1)!.at))}</summary>
      <ol aria-label={s.saidBefore}>{former.map((f) => <li key={f.at}><time dateTime={f.at} title={full(f.at)}>{s.until(clock(f.at))}</time><del>{f.text}{f.cut && "…"}</del></li>)}</ol>
    </details>
  );
}

function Body({ m, s }: { m: Message; s: Strings }) {
  const [quoted, setQuoted] = useState(false);
  // Mail that is little more than its text reads better as text.
  const rich = !!m.html && (/<(img|table)\b/i.test(m.html) || !m.text.trim());
  const [html, setHtml] = useState(rich);
  if (m.flags?.includes("removed")) return <div class="msg-text gone"><Icon name="trash" size={13} />{m.flags.includes("erased") ? s.erased : s.removed}</div>;
  return (
    <>
      {m.subject && m.channel === "email" && <div class="msg-subject">{m.subject}</div>}
      {html && m.html ? <MailFrame html={m.html} message={m} /> : (m.text || m.template?.text) && <div class="msg-text"><Linked text={m.text || m.template!.text!} /></div>}
      {(m.quoted || m.html) && (
        <div class="msg-more">
          {m.quoted && <button class="quote-toggle" aria-expanded={quoted} title={quoted ? s.hideQuoted : s.showQuoted} aria-label={quoted ? s.hideQuoted : s.showQuoted} onClick={() => setQuoted(!quoted)}><Icon name="quote" size={14} /></button>}
          {m.html && m.text.trim() && <button class="link small" onClick={() => setHtml(!html)}>{html ? s.showText : s.showHtml}</button>}
        </div>
      )}
      {quoted && m.quoted && <blockquote class="quoted">{m.quoted}</blockquote>}
    </>
  );
}

/** Text whose web addresses can be followed. Only http and https: a link that a
 * customer writes must never run anything. */
function Linked({ text }: { text: string }) {
  const parts = text.split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}])/g);
  return <>{parts.map((p, i) => (i % 2 ? <a key={i} href={p} target="_blank" rel="noopener noreferrer nofollow">{p}</a> : p))}</>;
}

function CallBody({ m, s }: { m: Message; s: Strings }) {
  const c = m.call!;
  const bad = c.outcome !== "answered";
  const recording = (m.attachments ?? []).find((a) => a.id === c.recording);
  const talked = c.outcome === "answered" || c.talk_s > 0;
  const number = (c.direction === "in" ? c.from : c.to) || (m.from ? pointName(m.from) : "");
  const parts = c.legs?.length ?? 0;
  return (
    <div class={`call ${bad ? "missed" : ""}`}>
      <Icon name="phone" size={18} />
      <div>
        <div><b>{c.direction === "in" ? s.callIn : s.callOut}</b> · {s.outcomes[c.outcome] ?? c.outcome}</div>
        <div class="muted small">{[`${s.ring} ${duration(c.ring_s)}`, talked && `${s.talk} ${duration(c.talk_s)}`, !bad && c.agent && s.answeredBy(c.agent), c.queue, number].filter(Boolean).join(" · ")}{parts > 1 && <span title={c.legs!.join("\n")}> · {s.legs(parts)}</span>}</div>
        {recording?.hash && <audio controls preload="metadata" onError={retry} src={api.attachmentURL(m, recording)} aria-label={s.recording} />}
        {c.transcript && <details open={c.outcome === "voicemail"}><summary>{s.transcript}</summary><div class="msg-text">{c.transcript}</div></details>}
        {m.text && <div class="msg-text">{m.text}</div>}
      </div>
    </div>
  );
}
