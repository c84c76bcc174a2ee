// The list of conversations. Only the rows in sight (and a few around) are in
// the page, so that thousands of rows cost no more than thirty.
import { useEffect, useRef, useState } from "preact/hooks";
import { hasDraft } from "../core/drafts";
import { ago, full, short } from "../core/format";
import { nameOf } from "../core/names";
import { go, route } from "../core/route";
import { agentName, list, listRows, loadList, now, queueName, sort, teamName } from "../core/store";
import { given, type View } from "../core/view";
import type { Conversation } from "../core/wire";
import { parseDrill } from "../board/drill";
import { lineName } from "../board/names";
import { Strip } from "../board/Strip";
import { t, type Strings } from "../i18n";
import { PressingClock } from "../work/Clocks";
import { ChannelIcon, channelName, Icon } from "./icons";
import { EntryForm } from "./EntryForm";
import { AgentAvatar, Button, menu, toggleMenu } from "./parts";

/** Height of a row in pixels; --row in shell.css says the same. */
const ROW = 76;
const AROUND = 6;

/** A wait of this many milliseconds is shown as late. */
const LATE = 4 * 3_600_000;

function title(v: View, s: Strings): string {
  switch (v.kind) {
    case "search": return s.results(v.id ?? "");
    case "channel": return channelName(v.id!);
    case "team": return teamName(v.id);
    case "queue": return queueName(v.id);
    case "load": {
      const d = parseDrill(v.id);
      return d ? `${lineName(d.kind, d.id)}: ${s.board.metrics[d.what] ?? d.what}` : s.all;
    }
    case "inbox": return lineName("inbox", v.id);
    case "tag": return v.id!;
    default: return s[v.kind];
  }
}

export function List() {
  const s = t.value;
  const { view, conversation } = route.value;
  const rows = listRows.value;
  const l = list.value;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(900);
  useEffect(() => {
    const el = box.current!;
    const seen = new ResizeObserver(() => setHeight(el.clientHeight));
    seen.observe(el);
    return () => seen.disconnect();
  }, []);
  useEffect(() => {
    box.current!.scrollTop = 0;
  }, [l.key]);
  const at = rows.findIndex((c) => c.id === conversation);
  useEffect(() => {
    // The selected row stays in sight, also while j and k run ahead.
    const el = box.current!;
    if (at < 0) return;
    if (at * ROW < el.scrollTop) el.scrollTop = at * ROW;
    else if ((at + 1) * ROW > el.scrollTop + el.clientHeight) el.scrollTop = (at + 1) * ROW - el.clientHeight;
  }, [conversation]);
  const from = Math.max(0, Math.floor(top / ROW) - AROUND);
  const to = Math.min(rows.length, Math.ceil((top + height) / ROW) + AROUND);
  const near = to >= rows.length - AROUND;
  useEffect(() => {
    if (near && l.more && !l.loading && !l.failed) void loadList(true);
  }, [near, l.more, l.loading]);
  return (
    <section class="list" aria-label={s.inbox}>
      <header class="list-head">
        <Search />
        <div class="list-title">
          <h1 title={title(view, s)}>{title(view, s)}</h1>
          {!given(view) && (
            <Button icon="sort" label={sort.value === "updated" ? s.newest : s.longest} kind="quiet" onClick={() => (sort.value = sort.value === "updated" ? "waiting" : "updated")} />
          )}
          <div class="anchor">
            <Button icon="plus" label={s.newEntry} text={false} kind="quiet" expanded={menu.value === "new"} onClick={() => toggleMenu("new")} />
            {menu.value === "new" && <EntryForm align="right" onClose={() => (menu.value = "")} />}
          </div>
        </div>
        <Strip />
      </header>
      <div ref={box} class="list-scroll" role={rows.length ? "listbox" : "group"} aria-label={title(view, s)} aria-busy={l.loading} tabIndex={-1} onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
        <Space n={from} />
        {rows.slice(from, to).map((c) => <Row key={c.id} c={c} on={c.id === conversation} s={s} />)}
        <Space n={rows.length - to} />
        {l.failed && <p class="list-note">{s.loadFailed} <button class="link" onClick={() => void loadList()}>{s.retry}</button></p>}
        {l.loading && !rows.length && <Skeleton />}
        {!l.loading && !l.failed && !rows.length && <p class="list-empty">{view.kind === "search" ? s.emptySearch : s.emptyList}</p>}
      </div>
    </section>
  );
}

// Space stands for rows that are out of sight. Its height is set through the
// DOM, which a strict style policy allows, and not by an attribute.
function Space({ n }: { n: number }) {
  return n > 0 ? <div aria-hidden="true" ref={(e) => void (e && (e.style.height = `${n * ROW}px`))} /> : null;
}

function Skeleton() {
  return <div aria-hidden="true">{[0, 1, 2, 3, 4, 5].map((i) => <div key={i} class="row skeleton"><i /><i /><i /></div>)}</div>;
}

function Row({ c, on, s }: { c: Conversation; on: boolean; s: Strings }) {
  const last = c.last_message;
  const waits = c.status === "open" && c.waiting_since;
  const late = waits && now.value - Date.parse(c.waiting_since!) > LATE;
  const name = nameOf(c);
  return (
    <a
      class={`row ${on ? "on" : ""} ${c.unread ? "unread" : ""}`} role="option" aria-selected={on} href={`#/c/${encodeURIComponent(c.id)}`}
      onClick={(e) => {
        if (e.metaKey || e.ctrlKey) return;
        e.preventDefault();
        go({ view: route.value.view, conversation: c.id });
      }}
    >
      <span class="row-mark">{c.unread > 0 && <b class="unread-dot" aria-label={s.unread(c.unread)} title={s.unread(c.unread)} />}</span>
      <span class="row-top">
        <span class="row-name">{name}</span>
        {c.unread > 1 && <span class="row-unread">{c.unread}</span>}
        <time class="row-time" dateTime={c.updated_at} title={full(c.updated_at)}>{short(last?.occurred_at ?? c.updated_at, now.value)}</time>
      </span>
      <span class="row-text">
        {last && last.kind !== "note" && <ChannelIcon channel={last.channel} />}
        {last?.kind === "note" && <span class="row-kind note">{s.note}</span>}
        {last?.direction === "out" && last.kind === "message" && <Icon name="undo" size={12} />}
        <span class="row-preview">{c.subject && !last?.text ? c.subject : last?.kind === "call" && !last.text ? (last.direction === "in" ? s.callIn : s.callOut) : last?.text}</span>
      </span>
      <span class="row-foot">
        {hasDraft(c.id) && <span class="chip draft">✎</span>}
        {c.status === "snoozed" && c.snoozed_until && <span class="chip"><Icon name="clock" size={11} />{short(c.snoozed_until, now.value)}</span>}
        {c.callback && <span class="chip late" title={s.callBack(c.callback.number)}><Icon name="phone" size={11} />{s.callbackFor[c.callback.reason] ?? s.call}</span>}
        <PressingClock c={c} />
        {!!c.priority && <span class={`chip ${c.priority > 0 ? "late" : ""}`} title={s.work.priorityIs(c.priority)}><Icon name="flag" size={11} />{c.priority > 0 ? "+" : ""}{c.priority}</span>}
        {waits && !c.clocks?.length && <span class={`chip ${late ? "late" : ""}`} title={s.waiting(ago(c.waiting_since!, now.value))}><Icon name="clock" size={11} />{ago(c.waiting_since!, now.value)}</span>}
        {(c.tags ?? []).slice(0, 3).map((x) => <span key={x} class="chip tag">{x}</span>)}
        {c.team && <span class="chip plain">{teamName(c.team)}</span>}
        <span class="grow" />
        {c.assignee && <AgentAvatar id={c.assignee} name={agentName(c.assignee)} />}
      </span>
    </a>
  );
}

function Search() {
  const s = t.value;
  const { view } = route.value;
  const [text, setText] = useState(view.kind === "search" ? (view.id ?? "") : "");
  const back = useRef<View>({ kind: "all" });
  useEffect(() => {
    if (view.kind !== "search") {
      back.current = view;
      setText("");
    } else if (document.activeElement?.id !== "search") setText(view.id ?? "");
  }, [view.kind, view.id]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === (view.kind === "search" ? view.id : "")) return;
    const timer = setTimeout(() => {
      if (wanted) go({ view: { kind: "search", id: wanted } }, view.kind === "search");
      else if (view.kind === "search") go({ view: back.current });
    }, 180);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        id="search" type="search" value={text} placeholder={s.searchHint} aria-label={s.search} autocomplete="off" onInput={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Escape") setText(""), e.currentTarget.blur();
          else if (e.key === "Enter" && !e.isComposing) e.currentTarget.blur();
        }}
      />
      <kbd>/</kbd>
    </div>
  );
}
