// Where an agent writes: a reply or a note, with drafts that outlive a reload.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { send, toast } from "../core/actions";
import { api, ApiError } from "../core/api";
import { loadDraft, saveDraft, type DraftKind } from "../core/drafts";
import { bytes } from "../core/format";
import { nameOf } from "../core/names";
import { contact, inboxes, kinds, lastChannel, live, now, tick, world } from "../core/store";
import { openUntil } from "../core/window";
import type { Attachment, Conversation, Contact } from "../core/wire";
import { t } from "../i18n";
import { canned, loadReady, matching, rendered, slash } from "../work/ready";
import { CannedList, MacroMenu } from "../work/Ready";
import type { Canned } from "../work/shapes";
import { channelName, ChannelIcon, Icon } from "./icons";
import { Button } from "./parts";
import { Templates, templatesFor } from "./Templates";

/** Which tab is open; keys and commands set it, too. */
export const tab = signal<DraftKind>("message");

/** Puts the cursor where one writes a reply or a note. It is there before the
 * next key, which must not be taken for a shortcut; only a field that is still
 * hidden has to be drawn first. */
export function compose(kind: DraftKind): void {
  tab.value = kind;
  const field = () => document.getElementById("compose");
  field()?.focus();
  if (document.activeElement !== field()) requestAnimationFrame(() => field()?.focus());
}

interface Upload {
  key: number;
  file: File;
  done?: Attachment;
  abort: AbortController;
}

const pointKind: Record<string, string[]> = { email: ["email"], sms: ["phone"], phone: ["phone"], whatsapp: ["whatsapp", "phone"], webchat: ["visitor"], webhook: ["external"] };

/** The address an answer on this channel goes to, as far as this screen knows:
 * where the customer last wrote from, else an address of the right kind. */
function goesTo(c: Conversation, channel: string, who: Contact | null): string {
  const th = world.threads.get(c.id);
  const last = th?.messages.findLast((m) => m.channel === channel && m.direction === "in" && m.from);
  if (last?.from && (last.from.kind === "email" || last.from.kind === "phone")) return last.from.value;
  const kinds = pointKind[channel] ?? [channel];
  const p = who?.id === c.contact.id ? who.points?.find((x) => kinds.includes(x.kind)) : undefined;
  return p && (p.kind === "email" || p.kind === "phone") ? p.value : nameOf(c);
}

/** Channels an answer can go by: those the customer has used here, and those
 * for which we know an address of theirs and have an inbox. What takes no answer
 * is not offered: a call's record, a visit, an inbox that only receives. */
function roads(c: Conversation, who: Contact | null): string[] {
  const offered = kinds.value;
  const points = new Set(who?.id === c.contact.id ? (who.points ?? []).filter((p) => p.trust !== "claimed").map((p) => p.kind) : []);
  const mute = new Set(inboxes.value.filter((i) => i.one_way && !inboxes.value.some((x) => x.channel === i.channel && !x.one_way)).map((i) => i.channel));
  const more = inboxes.value.filter((i) => !i.paused && !i.one_way && (pointKind[i.channel] ?? [i.channel]).some((k) => points.has(k)) && i.channel !== "webhook").map((i) => i.channel);
  const silent = (x: string) => x === "phone" || x === "visit" || mute.has(x) || offered.find((k) => k.kind === x)?.sends === false;
  return [...new Set([...(c.channels ?? []), ...more])].filter((x) => !silent(x));
}

const shorten = (name: string): string => (name.length > 48 ? `${name.slice(0, 46)}…` : name);

let uploadKey = 0;

export function Composer({ c }: { c: Conversation }) {
  const s = t.value;
  tick.value;
  const kind = tab.value;
  const [texts, setTexts] = useState({ message: loadDraft(c.id, "message"), note: loadDraft(c.id, "note") });
  const [picked, setPicked] = useState("");
  const [uploads, setUploads] = useState<Upload[]>([]);
  const [over, setOver] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const typed = useRef(0);
  const [caret, setCaret] = useState(0);
  const [pick, setPick] = useState(0);
  const [shut, setShut] = useState("");
  const latest = useRef(texts);
  const filling = useRef(false);
  const wanted = useRef(false);
  const place = useRef<number | null>(null);
  const channels = roads(c, contact.value);
  const channel = picked || (channels.includes(lastChannel(c.id)) ? lastChannel(c.id) : "") || channels[0] || "";
  const channelKind = kinds.value.find((k) => k.kind === channel);
  const limits = channelKind?.limits;
  const takesFiles = !limits || limits.attachments !== -1;
  const text = texts[kind];
  useEffect(() => {
    const el = area.current!;
    el.style.height = "0";
    el.style.height = `${Math.min(320, Math.max(64, el.scrollHeight))}px`;
  }, [text, kind]);
  // The caret goes where a filled in answer ends, before the next key comes.
  useLayoutEffect(() => {
    if (place.current === null) return;
    area.current!.focus();
    area.current!.setSelectionRange(place.current, place.current);
    setCaret(place.current);
    place.current = null;
    if (wanted.current) wanted.current = false, submit();
  });
  useEffect(() => () => live.send({ type: "typing", conversation: c.id, on: false }), []);
  const put = (of: DraftKind, v: string) => {
    latest.current = { ...latest.current, [of]: v };
    setTexts(latest.current);
    saveDraft(c.id, of, v);
  };
  const change = (v: string) => {
    put(kind, v);
    if (kind === "message" && Date.now() - typed.current > 3_000) {
      typed.current = Date.now();
      live.send({ type: "typing", conversation: c.id, on: v.length > 0 });
    }
  };
  const attach = (list: FileList | null | undefined) => {
    for (const file of list ?? []) {
      const refused = kind !== "message" || !takesFiles ? s.noFilesHere : limits?.file_bytes && file.size > limits.file_bytes ? s.fileTooLarge(file.name, bytes(limits.file_bytes)) : "";
      if (refused) {
        toast(refused, { bad: true });
        continue;
      }
      const u: Upload = { key: ++uploadKey, file, abort: new AbortController() };
      setUploads((x) => [...x, u]);
      api.upload(file, u.abort.signal).then(
        (done) => setUploads((x) => x.map((y) => (y.key === u.key ? { ...y, done } : y))),
        (e) => {
          setUploads((x) => x.filter((y) => y.key !== u.key));
          if (!(e instanceof DOMException)) toast(`${s.uploadFailed(file.name)}${e instanceof ApiError && e.problem.detail ? `: ${e.problem.detail}` : ""}`, { bad: true });
        },
      );
    }
  };
  const drop = (u: Upload) => (u.abort.abort(), setUploads((x) => x.filter((y) => y.key !== u.key)));
  const files_ = kind === "message" && takesFiles ? uploads : [];
  const ready = (text.trim() !== "" || files_.length > 0) && files_.every((u) => u.done) && (kind === "note" || channel !== "");
  const submit = () => {
    // Who takes an answer and sends it at once means the answer, not its shortcut.
    if (filling.current) return void (wanted.current = true);
    if (!ready) return;
    void send({ conversation: c.id, kind, text: text.trim(), channel: kind === "message" ? channel : undefined, attachments: files_.map((u) => u.done!) });
    put(kind, "");
    if (kind === "message") setUploads([]);
    typed.current = 0;
    live.send({ type: "typing", conversation: c.id, on: false });
    area.current?.focus();
  };
  const token = slash(text, caret);
  const found = token && shut !== `${token.from}/${text.slice(0, token.from)}` ? matching(canned.value, token.word) : [];
  const picked_ = Math.min(pick, found.length - 1);
  // Before they are asked for: a shortcut and a macro are typed faster than read.
  useEffect(() => void loadReady(), [!token]);
  const fill = async (x: Canned) => {
    if (!token || filling.current) return;
    filling.current = true;
    const said = await rendered(c.id, x.id).finally(() => (filling.current = false));
    // Who types fast has gone on meanwhile: only the shortcut makes way.
    const was = `/${token.word}`, present = latest.current[kind], end = token.from + was.length;
    if (said === null || present.slice(token.from, end) !== was) return void (wanted.current = false);
    const at = area.current?.selectionStart ?? end;
    if (tab.value !== kind) wanted.current = false;
    else place.current = at <= token.from ? at : token.from + said.length + Math.max(0, at - end);
    put(kind, present.slice(0, token.from) + said + present.slice(end));
  };
  const key = (e: KeyboardEvent) => {
    if (e.isComposing) return; // Enter ends a Hangul syllable or a kana conversion first
    if (found.length && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      setPick((picked_ + (e.key === "ArrowDown" ? 1 : found.length - 1)) % found.length);
      return;
    }
    if (found.length && (e.key === "Tab" || e.key === "Enter" && !e.ctrlKey && !e.metaKey)) return e.preventDefault(), void fill(found[picked_]!);
    if (found.length && e.key === "Escape") return e.stopPropagation(), setShut(`${token!.from}/${text.slice(0, token!.from)}`);
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.preventDefault(), submit();
    else if (e.key === "Escape") area.current?.blur();
  };
  const to = goesTo(c, channel, contact.value);
  const thread = world.threads.get(c.id);
  const inbox = inboxes.value.find((i) => i.channel === channel && c.inboxes.includes(i.id)) ?? inboxes.value.find((i) => i.channel === channel);
  const until = kind === "message" && thread?.loaded ? openUntil(channelKind, inbox, channel, thread.messages) : null;
  const approved = !!channelKind?.templates;
  const asked = templatesFor.value?.conversation === c.id && templatesFor.value.channel === channel;
  const noRoad = kind === "message" && channel === "";
  const closed = noRoad || (kind === "message" && (asked || (until !== null && until < now.value)));
  return (
    <>
    <form
      class={`composer ${kind} ${over ? "over" : ""}`} aria-label={kind === "note" ? s.note : s.reply} onSubmit={(e) => (e.preventDefault(), submit())}
      onDragOver={(e) => (e.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)} onDrop={(e) => (e.preventDefault(), setOver(false), attach(e.dataTransfer?.files))}
    >
      <div class="composer-head">
        <div class="tabs" role="tablist">
          <button type="button" role="tab" aria-selected={kind === "message"} class={kind === "message" ? "on" : ""} title="r" onClick={() => compose("message")}>{s.reply}</button>
          <button type="button" role="tab" aria-selected={kind === "note"} class={kind === "note" ? "on" : ""} title="n" onClick={() => compose("note")}>{s.note}</button>
        </div>
        {kind === "message" ? (
          channels.length ? (
            <span class="road">
              <ChannelIcon channel={channel} />
              <select aria-label={s.via} value={channel} onChange={(e) => setPicked(e.currentTarget.value)}>
                {channels.map((x) => <option key={x} value={x}>{channelName(x)}</option>)}
              </select>
              <Icon name="arrowRight" size={12} /><span class="road-to" title={to}>{to}</span>
              {inbox?.suspended ? <span class="badge warn" title={s.suspendedHint("")}>{s.suspended}</span> : inbox?.paused && <span class="badge warn">{s.paused}</span>}
            </span>
          ) : null
        ) : <span class="muted small">{s.noteHint}</span>}
      </div>
      {noRoad
        ? <p class="notice window">{s.noRoad}. {s.noRoadHint} <button type="button" class="link" onClick={() => compose("note")}>{s.addNote}</button></p>
        : closed && <p class="notice window">{s.windowClosed} {approved ? s.windowTemplates : s.windowWait}</p>}
      {found.length > 0 && <CannedList list={found} pick={picked_} onPick={(x) => void fill(x)} />}
      <textarea
        aria-autocomplete="list" aria-controls={found.length ? "canned" : undefined} aria-activedescendant={found.length ? `canned-${picked_}` : undefined}
        onSelect={(e) => setCaret(e.currentTarget.selectionStart)}
        id="compose" hidden={closed} ref={area} value={text} rows={2} placeholder={kind === "note" ? s.noteHint : s.replyHint(shorten(nameOf(c)))} aria-label={kind === "note" ? s.note : s.reply}
        onInput={(e) => (change(e.currentTarget.value), setCaret(e.currentTarget.selectionStart), setPick(0))} onKeyDown={key}
        onPaste={(e) => e.clipboardData?.files.length && kind === "message" && (e.preventDefault(), attach(e.clipboardData.files))}
      />
      {files_.length > 0 && (
        <div class="uploads">
          {files_.map((u) => (
            <span key={u.key} class={`file ${u.done ? "" : "busy"}`}><Icon name="file" /><span>{u.file.name}</span><small>{u.done ? bytes(u.file.size) : s.uploading}</small>
              <button type="button" class="chip-x" aria-label={s.removeFile(u.file.name)} onClick={() => drop(u)}>×</button></span>
          ))}
        </div>
      )}
      <div class="composer-foot" hidden={closed}>
        {kind === "message" && takesFiles && <Button icon="clip" label={s.attach} text={false} kind="quiet" onClick={() => files.current?.click()} />}
        <MacroMenu c={c} />
        <input ref={files} type="file" multiple accept={limits?.accept || undefined} hidden tabIndex={-1} onChange={(e) => (attach(e.currentTarget.files), (e.currentTarget.value = ""))} />
        <span class="grow" />
        <span class="muted small send-key">{over ? s.dropHere : s.sendKey}</span>
        <Button type="submit" icon={kind === "note" ? "note" : "send"} label={kind === "note" ? s.addNote : s.send} kind={kind === "note" ? "note" : "primary"} disabled={!ready} />
      </div>
    </form>
    {closed && !noRoad && approved && <Templates key={`${c.id}/${channel}`} c={c} channel={channel} onClose={asked ? () => (templatesFor.value = null) : undefined} />}
    </>
  );
}
