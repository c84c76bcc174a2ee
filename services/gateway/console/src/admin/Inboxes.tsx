import { useState } from "preact/hooks";
import { toast } from "../core/actions";
import { go } from "../core/route";
import { inboxes, kinds } from "../core/store";
import type { Inbox } from "../core/wire";
import { t, type Strings } from "../i18n";
import { ChannelIcon, channelName } from "../ui/icons";
import { Button } from "../ui/parts";
import { NewInbox } from "./InboxForm";
import { Table } from "./parts";

/** Goes to the page of an inbox. */
export const openInbox = (id: string): void => go({ view: { kind: "all" }, admin: "inboxes", item: id });

export function Inboxes() {
  const s = t.value;
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Inbox | null>(null);
  const [wanted, setWanted] = useState("");
  const shown = inboxes.value.filter((i) => `${i.name} ${channelName(i.channel)} ${i.channel} ${i.id}`.toLocaleLowerCase().includes(wanted.trim().toLocaleLowerCase()));
  return (
    <>
      <div class="admin-bar"><Button icon="plus" label={s.newInbox} kind="primary" expanded={adding} onClick={() => (setMade(null), setAdding(!adding))} /><span class="grow" />
        {inboxes.value.length > 8 && <input type="search" class="filter" value={wanted} placeholder={s.filter} aria-label={s.filter} onInput={(e) => setWanted(e.currentTarget.value)} />}</div>
      {made ? <Made made={made} s={s} /> : adding && <NewInbox onDone={() => setAdding(false)} onMade={(i) => (i.generated ? setMade(i) : openInbox(i.id))} />}
      <Table head={[s.label, s.channel, s.address, s.status, ""]} empty={!shown.length}>
        {shown.map((i) => (
          <tr key={i.id} class="pressable" onClick={() => openInbox(i.id)}>
            <td><b>{i.name}</b><div class="muted small mono">{i.id}</div></td>
            <td><span class="cell"><ChannelIcon channel={i.channel} />{channelName(i.channel)}</span></td>
            <td onClick={(e) => e.stopPropagation()}><Where i={i} s={s} /></td>
            <td><InboxStatus i={i} s={s} /></td>
            <td class="right"><Button label={s.openInbox} onClick={() => openInbox(i.id)} /></td>
          </tr>
        ))}
      </Table>
    </>
  );
}

export function InboxStatus({ i, s }: { i: Inbox; s: Strings }) {
  const [kind, word] = i.suspended ? ["bad", s.suspended] : i.paused ? ["snoozed", s.paused] : ["open", s.active];
  return <span class="cell"><span class={`status ${kind}`}>{word}</span>{i.one_way && <span class="muted small one-way">{s.oneWay}</span>}</span>;
}

/** Text that can be taken along. */
export function Copyable({ text, s }: { text: string; s: Strings }) {
  return <span class="cell"><code>{text}</code><button type="button" class="link small" onClick={() => void navigator.clipboard.writeText(text).then(() => toast(s.copiedText))}>{s.copy}</button></span>;
}

/** Where an inbox is reached: its mail address, its hook, its demo page. */
export function Where({ i, s }: { i: Inbox; s: Strings }) {
  const address = typeof i.settings?.address === "string" ? i.settings.address : "";
  const token = i.chat_path?.split("/").at(-1);
  const kind = kinds.value.find((k) => k.kind === i.channel);
  const hook = kind?.hook && !kind.imports && (i.channel !== "email" || (!!i.settings?.source && i.settings.source !== "smtp" && i.settings.source !== "imap"));
  return (
    <div class="where">
      {address && <div>{address}</div>}
      {hook && i.hook_path && <Copyable text={i.hook_url || location.origin + i.hook_path} s={s} />}
      {token && (i.settings?.demo === true ? <a class="link" href={`/demo/${token}`} target="_blank" rel="noopener">{s.demo} ↗</a> : <code>{i.chat_path}</code>)}
    </div>
  );
}

// Secrets that the channel made are shown here and never again.
function Made({ made, s }: { made: Inbox; s: Strings }) {
  return (
    <div class="card made">
      <h2>{made.name}</h2>
      <Where i={made} s={s} />
      {Object.entries(made.generated ?? {}).map(([k, v]) => <div key={k} class="cell"><b>{k}</b><Copyable text={v} s={s} /></div>)}
      <p class="notice">{s.secretHint}</p>
      <Button label={s.openInbox} kind="primary" onClick={() => openInbox(made.id)} />
    </div>
  );
}
