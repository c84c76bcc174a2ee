import { memo } from "../core/memo";
import { useState } from "preact/hooks";
import { api } from "../core/api";
import { outcome, send } from "../core/actions";
import { bytes, clock, duration, full } from "../core/format";
import { agentName } from "../core/store";
import type { Attachment, Message, Status } from "../core/wire";
import { t, type Strings } from "../i18n";
import { ChannelIcon, channelName, Icon, type IconName } from "./icons";
import { MailFrame } from "./MailFrame";
import { Avatar } from "./parts";

/** One message of the timeline; head is false when it goes on with the one
 * above by the same person. */
export const MessageView = memo(function MessageView({ m, head }: { m: Message; head: boolean }) {
  const s = t.value;
  const side = m.kind === "note" ? "note" : m.kind === "event" ? "plain" : m.direction;
  const name = (m.author.kind === "agent" ? agentName(m.author.id) || m.author.name : m.author.name) || (m.direction === "in" ? m.from?.value : "") || (m.author.kind === "contact" ? s.noName : s.system);
  const flags = m.flags ?? [];
  const unverified = m.direction === "in" && m.kind !== "note" && m.kind !== "event" && (flags.includes("unverified") || (m.from && m.from.trust !== "proved"));
  if (m.kind === "event") return <div class="event-line" title={full(m.occurred_at)}><span>{m.text}</span><time>{clock(m.occurred_at)}</time></div>;
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
        {m.template && <div class="flag-words">{s.template}: {m.template.name}{m.template.language && ` (${m.template.language})`}</div>}
        {m.kind === "call" && m.call ? <CallBody m={m} s={s} /> : <Body m={m} s={s} />}
        <Files m={m} s={s} />
        {m.direction === "out" && m.kind === "message" && <Delivery m={m} s={s} />}
        {m.reaction && <span class="reaction" title={s.reacted(m.reaction)} role="img" aria-label={s.reacted(m.reaction)}>{m.reaction}</span>}
      </div>
    </article>
  );
});

function Flags({ flags, s }: { flags: string[]; s: Strings }) {
  if (!flags.length) return null;
  const words: Record<string, string> = { automatic: s.automatic, bulk: s.automatic, edited: s.edited };
  const notices: Record<string, string> = { "reply-to-differs": s.replyToDiffers, "id-reused": s.idReused, "charset-guessed": s.charsetGuessed };
  return (
    <>
      {flags.filter((f) => notices[f]).map((f) => <div key={f} class="flag-notice"><Icon name="warn" size={13} />{notices[f]}</div>)}
      {flags.some((f) => words[f]) && <div class="flag-words">{[...new Set(flags.flatMap((f) => words[f] ?? []))].join(" · ")}</div>}
    </>
  );
}

function Body({ m, s }: { m: Message; s: Strings }) {
  const [quoted, setQuoted] = useState(false);
  // Mail that is little more than its text reads better as text.
  const rich = !!m.html && (/<(img|table)\b/i.test(m.html) || !m.text.trim());
  const [html, setHtml] = useState(rich);
  if (m.flags?.includes("removed")) return <div class="msg-text muted">{s.removed}</div>;
  return (
    <>
      {m.subject && m.channel === "email" && <div class="msg-subject">{m.subject}</div>}
      {html && m.html ? <MailFrame html={m.html} attachments={m.attachments ?? []} /> : (m.text || m.template?.text) && <div class="msg-text"><Linked text={m.text || m.template!.text!} /></div>}
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
  return (
    <div class={`call ${bad ? "missed" : ""}`}>
      <Icon name="phone" size={18} />
      <div>
        <div><b>{c.direction === "in" ? s.callIn : s.callOut}</b> · {s.outcomes[c.outcome] ?? c.outcome}</div>
        <div class="muted small">{[`${s.ring} ${duration(c.ring_s)}`, talked && `${s.talk} ${duration(c.talk_s)}`, !bad && c.agent && s.answeredBy(c.agent), c.queue, (c.direction === "in" ? c.from : c.to) || m.from?.value].filter(Boolean).join(" · ")}</div>
        {recording?.hash && <audio controls preload="none" src={api.attachmentURL(recording)} aria-label={s.recording} />}
        {c.transcript && <details><summary>{s.transcript}</summary><div class="msg-text">{c.transcript}</div></details>}
        {m.text && <div class="msg-text">{m.text}</div>}
      </div>
    </div>
  );
}

// Types that a browser shows as a picture and that cannot carry scripts.
const picture = /^image\/(png|jpe?g|gif|webp|avif|bmp)$/;

function Files({ m, s }: { m: Message; s: Strings }) {
  const shown = (m.attachments ?? []).filter((a) => !(a.inline && a.content_id && m.html) && !(a.hash && a.id === m.call?.recording));
  if (!shown.length) return null;
  return (
    <div class="files">
      {shown.map((a) => (a.hash && picture.test(a.type) ? (
        <a key={a.id} class="picture" href={api.attachmentURL(a)} target="_blank" rel="noopener" title={label(a)}><img loading="lazy" src={api.attachmentURL(a)} alt={a.name} /></a>
      ) : a.hash && a.type.startsWith("audio/") ? (
        <audio key={a.id} controls preload="none" src={api.attachmentURL(a)} title={label(a)} />
      ) : a.hash ? (
        <a key={a.id} class="file" href={api.attachmentURL(a)} download={a.name} title={s.download}><Icon name="file" /><span>{a.name}</span><small>{a.size ? bytes(a.size) : ""}</small></a>
      ) : (
        <span key={a.id} class={`file ${a.failed ? "off" : "busy"}`} title={a.failed ? s.fileFailed(a.failed) : s.notFetched}>
          <Icon name={a.failed ? "warn" : "file"} /><span>{a.name || a.type || s.recording}</span><small>{a.failed ? s.fileFailed(a.failed) : s.fileFetching}</small>
        </span>
      )))}
    </div>
  );
}

const label = (a: Attachment): string => (a.size ? `${a.name} (${bytes(a.size)})` : a.name);

const marks: Partial<Record<Status, IconName>> = { queued: "clock", sending: "clock", sent: "check", delivered: "checks", read: "checks", failed: "warn", unknown: "help" };

function Delivery({ m, s }: { m: Message; s: Strings }) {
  const words: Partial<Record<Status, string>> = { queued: s.stQueued, sending: s.sending, sent: s.stSent, delivered: s.stDelivered, read: s.stRead, failed: s.stFailed, unknown: s.stUnknown };
  const mark = marks[m.status];
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
  if (m.status === "failed")
    return (
      <div class="trouble" role="alert">
        <Icon name="warn" size={14} /><span><b>{s.stFailed}.</b> {m.status_detail}</span>
        <button class="link" onClick={() => void send({ conversation: m.conversation_id, kind: "message", text: m.text, channel: m.channel, inbox: m.inbox_id, attachments: m.attachments ?? [] })}>{s.sendAgain}</button>
      </div>
    );
  return <div class={`msg-foot st-${m.status}`} title={m.status_detail}>{mark && <Icon name={mark} size={13} />}{words[m.status]}</div>;
}
