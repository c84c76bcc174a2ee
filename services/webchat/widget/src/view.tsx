import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren, JSX } from "preact";
import type { Bubble, Chat } from "./chat";
import type { Words } from "./words";

interface Props {
  chat: Chat;
  words: Words;
  lang: string;
  control: { open: (on: boolean) => void };
}

export function Widget({ chat, words, lang, control }: Props) {
  const [, draw] = useState(0);
  const [open, setOpen] = useState(false);
  const launcher = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    chat.onChange = () => draw((n) => n + 1);
    if (chat.known) chat.connect();
  }, [chat]);
  const show = (on: boolean) => {
    setOpen(on);
    if (on) chat.connect();
    chat.look(on);
    if (!on) launcher.current?.focus();
  };
  control.open = show;
  const label = open ? words.close : chat.unread ? `${words.open}, ${words.unread(chat.unread)}` : words.open;
  return (
    <div class="root" lang={lang} style={chat.color ? { "--accent": chat.color } : undefined}>
      {open && <Panel chat={chat} words={words} lang={lang} close={() => show(false)} />}
      <button ref={launcher} class={open ? "launcher opened" : "launcher"} type="button" aria-expanded={open} aria-label={label} onClick={() => show(!open)}>
        <Icon path={open ? "M6 6l12 12M18 6L6 18" : "M4 5h16v11H9l-5 4z"} />
        {!open && chat.unread > 0 && <span class="badge" aria-hidden="true">{chat.unread > 99 ? "99+" : chat.unread}</span>}
      </button>
      <div class="quiet" role="status">{!open && chat.unread > 0 ? words.unread(chat.unread) : ""}</div>
    </div>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

function Panel({ chat, words, lang, close }: { chat: Chat; words: Words; lang: string; close: () => void }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => box.current?.focus(), []);
  const last = chat.bubbles[chat.bubbles.length - 1];
  useLayoutEffect(() => {
    if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [last?.key, last?.text, chat.typing, chat.bubbles.length]);
  const [asking, setAsking] = useState(false);
  const ender = useRef<HTMLButtonElement>(null);
  const gone = chat.link === "refused" || chat.link === "ended";
  const mayEnd = chat.talking && !gone;
  // What was asked is answered elsewhere, too: in another window of theirs.
  useEffect(() => { if (!mayEnd) setAsking(false); }, [mayEnd]);
  const title = chat.title || words.title;
  const offer = chat.offer;
  // The buttons are gone once one is pressed: the focus goes on to where they would
  // write, for whom a pointer pressed to the talk, as the box opens a keyboard.
  const pressed = (byKey: boolean) => {
    atEnd.current = true;
    (byKey ? box : list).current?.focus();
  };
  const end = (byKey: boolean) => {
    setAsking(false);
    chat.finish();
    pressed(byKey);
  };
  return (
    <section class="panel" role="dialog" aria-label={title} onKeyDown={(e) => { if (e.key === "Escape" && !e.isComposing) close(); }}>
      <header>
        <h2>{title}</h2>
        {mayEnd && <button ref={ender} type="button" class="end" aria-haspopup="dialog" aria-expanded={asking} onClick={() => setAsking(true)}>{words.end}</button>}
        <button type="button" class="plain" aria-label={words.close} onClick={close}><Icon path="M6 6l12 12M18 6L6 18" /></button>
      </header>
      <Notice chat={chat} words={words} />
      <div class="list" ref={list} tabIndex={0} role="log" aria-live="polite" aria-label={words.log}
        onScroll={(e) => { const el = e.currentTarget; atEnd.current = el.scrollHeight - el.scrollTop - el.clientHeight < 40; }}>
        {chat.more && <button type="button" class="older" onClick={() => { atEnd.current = false; chat.older(); }}>{words.older}</button>}
        <p class="greeting">{chat.greeting || words.greeting}</p>
        {chat.bubbles.map((b) => b.end ? <End key={b.key} bubble={b} words={words} lang={lang} again={() => chat.again(b)} /> : (
          <Row key={b.key} bubble={b} words={words} lang={lang} again={() => chat.again(b)}>
            {b === offer && <Replies bubble={b} chat={chat} words={words} pressed={pressed} />}
          </Row>
        ))}
        {chat.typing !== null && <p class="typing">{words.typing(chat.typing)}</p>}
      </div>
      {asking && mayEnd && <Ending words={words} yes={end} no={() => { setAsking(false); ender.current?.focus(); }} />}
      <Composer chat={chat} words={words} box={box} sent={() => { atEnd.current = true; }} />
    </section>
  );
}

// Ending asks once more: the button is near the one that only closes the window.
function Ending({ words, yes, no }: { words: Words; yes: (byKey: boolean) => void; no: () => void }) {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <div class="ending" role="alertdialog" aria-label={words.end} aria-describedby="ending"
      onKeyDown={(e) => { if (e.key === "Escape") { e.stopPropagation(); no(); } }}>
      <p id="ending">{words.endAsk}</p>
      <button type="button" class="yes" onClick={(e) => yes(e.detail === 0)}>{words.end}</button>
      <button ref={keep} type="button" class="no" onClick={no}>{words.endNo}</button>
    </div>
  );
}

function End({ bubble: b, words, lang, again }: { bubble: Bubble; words: Words; lang: string; again: () => void }) {
  const time = new Date(b.at);
  return (
    <p class="ended">
      <span>{words.youEnded}</span> <time dateTime={b.at} title={time.toLocaleString(lang)}>{when(time, lang)}</time>
      {b.state !== "sent" && <> · {state(b, words)}</>}
      {b.state === "failed" && <button type="button" class="again" onClick={again}>{words.retry}</button>}
    </p>
  );
}

function Notice({ chat, words }: { chat: Chat; words: Words }) {
  const text = { idle: "", open: "", connecting: words.connecting, offline: words.offline, refused: words.refused, ended: words.ended }[chat.link];
  return <p class="notice" role="status" hidden={!text}>{text}</p>;
}

function Replies({ bubble: b, chat, words, pressed }: { bubble: Bubble; chat: Chat; words: Words; pressed: (byKey: boolean) => void }) {
  const gone = chat.link === "refused" || chat.link === "ended";
  return (
    <div class="replies" role="group" aria-label={words.replies}>
      {b.replies.map((r) => (
        <button key={r.value} type="button" disabled={gone} onClick={(e) => { chat.press(b, r); pressed(e.detail === 0); }}>{r.label}</button>
      ))}
    </div>
  );
}

function Row({ bubble: b, words, lang, again, children }: { bubble: Bubble; words: Words; lang: string; again: () => void; children: ComponentChildren }) {
  const mine = b.from === "visitor";
  const time = new Date(b.at);
  return (
    <div class={mine ? "row mine" : "row"}>
      <span class="who">{mine ? <span class="quiet">{words.you}</span> : b.author || words.agent}</span>
      <div class="bubble">
        {b.removed ? <em>{words.removed}</em> : linked(b.text)}
        {b.files.map((f) => f.url ? <a class="file" href={f.url} target="_blank" rel="noopener noreferrer nofollow">{f.name}</a> : <span class="file">{f.name}</span>)}
      </div>
      <span class="when">
        <time dateTime={b.at} title={time.toLocaleString(lang)}>{when(time, lang)}</time>
        {b.edited && !b.removed && <> · {words.edited}</>}
        {mine && <> · {state(b, words)}</>}
        {b.state === "failed" && <button type="button" class="again" onClick={again}>{words.retry}</button>}
      </span>
      {children}
    </div>
  );
}

// when is the time of day, with the day where it is not today's: who comes back
// to a chat must not take an old answer for a new one.
function when(at: Date, lang: string): string {
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(lang, today ? { hour: "2-digit", minute: "2-digit" } : { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

function state(b: Bubble, words: Words): string {
  return { waiting: words.waiting, sending: words.sending, sent: words.sent, failed: words.failed }[b.state];
}

// linked makes http(s) addresses links; everything stays text otherwise.
function linked(text: string): (string | JSX.Element)[] {
  return text.split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,!?)\]])/g).map((part, i) =>
    i % 2 ? <a href={part} target="_blank" rel="noopener noreferrer nofollow">{part}</a> : part);
}

function Composer({ chat, words, box, sent }: { chat: Chat; words: Words; box: { current: HTMLTextAreaElement | null }; sent: () => void }) {
  const [text, setText] = useState("");
  const typing = useRef(0);
  const over = [...text].length > chat.maxText;
  const gone = chat.link === "refused" || chat.link === "ended";
  // The box is as high as what it holds, up to what its style allows; also after
  // it was emptied, however that came.
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    el.style.height = "auto";
    if (text) el.style.height = el.scrollHeight + el.offsetHeight - el.clientHeight + "px";
  }, [text]);
  const stop = () => {
    window.clearTimeout(typing.current);
    if (typing.current) chat.type(false);
    typing.current = 0;
  };
  const send = () => {
    const said = text.trim();
    if (!said || over || gone) return;
    stop();
    sent();
    chat.send(said);
    setText("");
    box.current?.focus();
  };
  return (
    <form class="composer" onSubmit={(e) => { e.preventDefault(); send(); }}>
      {over && <p class="over" role="alert">{words.tooLong(chat.maxText)}</p>}
      <textarea ref={box} rows={1} aria-label={words.placeholder} placeholder={words.placeholder} value={text} disabled={gone} aria-invalid={over}
        onInput={(e) => {
          setText(e.currentTarget.value);
          chat.type(true);
          window.clearTimeout(typing.current);
          typing.current = window.setTimeout(stop, 3000);
        }}
        onKeyDown={(e) => {
          // Enter that ends a Hangul syllable belongs to the input method.
          if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) {
            e.preventDefault();
            send();
          }
        }} />
      <button type="submit" class="send" aria-label={words.send} disabled={!text.trim() || over || gone}><Icon path="M4 12h14M12 5l7 7-7 7" /></button>
    </form>
  );
}
