import { useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { api } from "../core/api";
import { inboxes, loadDirectory } from "../core/store";
import type { Inbox } from "../core/wire";
import { t, type Strings } from "../i18n";
import { ChannelIcon, channelName } from "../ui/icons";
import { Button } from "../ui/parts";
import { FormError, Table, text, useForm } from "./Admin";

const channels = ["webhook", "email", "webchat", "sms", "messenger", "instagram", "whatsapp", "telegram", "line", "kakao", "navertalk", "slack", "phone"];

/** The name of the secret that a way of authentication needs. */
const secretOf: Record<string, string> = { token: "token", basic: "password", hmac: "secret", jwt: "secret", standard: "secret" };

export function Inboxes() {
  const s = t.value;
  const [adding, setAdding] = useState(false);
  const pause = async (i: Inbox) => {
    try {
      await api.patchInbox(i.id, { paused: !i.paused });
      await loadDirectory();
    } catch (e) {
      toast(explain(e), { bad: true });
    }
  };
  return (
    <>
      <div class="admin-bar"><Button icon="plus" label={s.newInbox} kind="primary" expanded={adding} onClick={() => setAdding(!adding)} /></div>
      {adding && <NewInbox s={s} onDone={() => setAdding(false)} />}
      <Table head={[s.label, s.channel, s.address, s.status, ""]} empty={!inboxes.value.length}>
        {inboxes.value.map((i) => (
          <tr key={i.id}>
            <td><b>{i.name}</b><div class="muted small mono">{i.id}</div></td>
            <td><span class="cell"><ChannelIcon channel={i.channel} />{channelName(i.channel)}</span></td>
            <td><Where i={i} s={s} /></td>
            <td><span class={`status ${i.paused ? "snoozed" : "open"}`}>{i.paused ? s.paused : s.active}</span></td>
            <td class="right"><Button label={i.paused ? s.resume : s.pause} onClick={() => void pause(i)} /></td>
          </tr>
        ))}
      </Table>
    </>
  );
}

// Where an inbox is reached: its mail address, its hook, its demo page.
function Where({ i, s }: { i: Inbox; s: Strings }) {
  const address = typeof i.settings?.address === "string" ? i.settings.address : "";
  const token = i.hook_path?.split("/").at(-1);
  const url = i.hook_path ? location.origin + i.hook_path : "";
  return (
    <div class="where">
      {address && <div>{address}</div>}
      {url && i.channel !== "email" && i.channel !== "webchat" && (
        <div class="cell"><code title={url}>{i.hook_path}</code><button class="link small" onClick={() => void navigator.clipboard.writeText(url).then(() => toast(s.copied))}>{s.copy}</button></div>
      )}
      {i.channel === "webchat" && token && (i.settings?.demo === true ? <a class="link" href={`/demo/${token}`} target="_blank" rel="noopener">{s.demo} ↗</a> : <code>/chat/{token}</code>)}
    </div>
  );
}

function NewInbox({ s, onDone }: { s: Strings; onDone: () => void }) {
  const [channel, setChannel] = useState("webhook");
  const [profile, setProfile] = useState("plain");
  const [auth, setAuth] = useState("none");
  const [made, setMade] = useState<Inbox | null>(null);
  const form = useForm(async (f) => {
    const settings: Record<string, unknown> = {};
    const take = (k: string) => text(f, k) && (settings[k] = text(f, k));
    for (const k of ["profile", "auth", "username", "password", "token", "secret", "reply_url", "address", "sender_name", "title", "greeting", "relay_password"]) take(k);
    if (f.get("demo")) settings.demo = true;
    if (text(f, "host")) settings.relay = { host: text(f, "host"), port: Number(text(f, "port")) || undefined, username: text(f, "relay_username") || undefined };
    const more = text(f, "more");
    if (more) {
      let extra: unknown;
      try {
        extra = JSON.parse(more);
      } catch {
        throw new FormError(s.badJson);
      }
      if (!extra || typeof extra !== "object" || Array.isArray(extra)) throw new FormError(s.badJson);
      Object.assign(settings, extra);
    }
    setMade(await api.addInbox({ channel, name: text(f, "name"), settings }));
    await loadDirectory();
  });
  if (made)
    return (
      <div class="card made">
        <h2>{made.name}</h2>
        <Where i={{ ...made, channel, settings: made.settings ?? {} }} s={s} />
        {Object.entries(made.generated ?? {}).map(([k, v]) => <div key={k} class="cell"><b>{k}</b><code>{v}</code><button class="link small" onClick={() => void navigator.clipboard.writeText(v).then(() => toast(s.copied))}>{s.copy}</button></div>)}
        {made.generated && <p class="notice">{s.secretHint}</p>}
        <Button label={s.close} onClick={onDone} />
      </div>
    );
  return (
    <form class="card form-grid" onSubmit={form.submit}>
      <label class="field"><span>{s.channel}</span>
        <select value={channel} onChange={(e) => setChannel(e.currentTarget.value)}>{channels.map((c) => <option key={c} value={c}>{channelName(c)}</option>)}</select>
      </label>
      <label class="field"><span>{s.label}</span><input name="name" required maxLength={100} autofocus /></label>
      {channel === "webhook" && (
        <>
          <label class="field"><span>{s.profile}</span>
            <select name="profile" value={profile} onChange={(e) => (setProfile(e.currentTarget.value), setAuth(e.currentTarget.value === "standard" ? "standard" : auth))}>{["plain", "standard", "mapped"].map((x) => <option key={x}>{x}</option>)}</select>
          </label>
          <label class="field"><span>{s.auth}</span>
            <select name="auth" value={auth} onChange={(e) => setAuth(e.currentTarget.value)}>{["none", "token", "basic", "hmac", "jwt", "ed25519", "standard"].map((x) => <option key={x}>{x}</option>)}</select>
          </label>
          {auth === "basic" && <label class="field"><span>username</span><input name="username" required autocomplete="off" /></label>}
          {secretOf[auth] && <label class="field"><span>{secretOf[auth]}</span><input name={secretOf[auth]} type="password" autocomplete="new-password" /><small class="muted">{s.secretHint}</small></label>}
          <label class="field"><span>reply_url</span><input name="reply_url" type="url" placeholder="https://" /></label>
        </>
      )}
      {channel === "email" && (
        <>
          <label class="field"><span>{s.address}</span><input name="address" type="email" required placeholder="help@example.com" /></label>
          <label class="field"><span>sender_name</span><input name="sender_name" maxLength={100} /></label>
          <label class="field"><span>relay host</span><input name="host" placeholder="smtp.example.com" /></label>
          <label class="field"><span>relay port</span><input name="port" type="number" min={1} max={65535} placeholder="587" /></label>
          <label class="field"><span>relay username</span><input name="relay_username" autocomplete="off" /></label>
          <label class="field"><span>relay_password</span><input name="relay_password" type="password" autocomplete="new-password" /><small class="muted">{s.secretHint}</small></label>
        </>
      )}
      {channel === "webchat" && (
        <>
          <label class="field"><span>title</span><input name="title" maxLength={80} /></label>
          <label class="field"><span>greeting</span><input name="greeting" maxLength={300} /></label>
          <label class="check"><input name="demo" type="checkbox" value="1" /><span>{s.demoOn}</span></label>
        </>
      )}
      <label class="field wide"><span>{s.moreSettings}</span><textarea name="more" rows={3} class="mono" spellcheck={false} placeholder="{ }" /><small class="muted">{s.secretHint}</small></label>
      {form.error && <p class="notice bad wide" role="alert">{form.error}</p>}
      <div class="menu-buttons wide"><Button label={s.cancel} kind="quiet" onClick={onDone} /><Button type="submit" label={s.create} kind="primary" disabled={form.busy} /></div>
    </form>
  );
}

