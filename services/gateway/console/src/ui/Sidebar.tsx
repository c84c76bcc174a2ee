import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api } from "../core/api";
import { clearDrafts } from "../core/drafts";
import { go, route } from "../core/route";
import { count, counted, counts, inboxes, kinds, link, live, me, queueName, signedOut, teamName } from "../core/store";
import { viewKey, type View } from "../core/view";
import { t } from "../i18n";
import { PresenceControl } from "../work/Presence";
import { ChannelIcon, channelName, Icon, type IconName } from "./icons";
import { Avatar, Button, menu, Popover, toggleMenu } from "./parts";
import { LanguageSwitch } from "./SignIn";

export function Sidebar() {
  const s = t.value;
  // Shops tell of orders and hold no talk of their own.
  const talks = inboxes.value.map((i) => i.channel).filter((c) => kinds.value.find((k) => k.kind === c)?.group !== "shop");
  const channels = [...new Set([...talks, ...counted("channel")])].sort((a, b) => channelName(a).localeCompare(channelName(b)));
  return (
    <nav class="sidebar" aria-label={s.views}>
      <div class="brand">
        <img src="/favicon.svg" alt="" width="22" height="22" />
        <strong>Tributary</strong>
        <Button icon="search" label={s.palette} keys="Ctrl+K" text={false} kind="quiet" onClick={() => toggleMenu("palette")} />
      </div>
      <div class="side-scroll">
        <Entry view={{ kind: "all" }} icon="inbox" label={s.all} n={count("status")} />
        <Entry view={{ kind: "mine" }} icon="user" label={s.mine} n={count(`assignee/${me.value?.id}`)} strong />
        <Entry view={{ kind: "unassigned" }} icon="userOff" label={s.unassigned} n={count("unassigned")} strong />
        <Entry view={{ kind: "snoozed" }} icon="clock" label={s.snoozed} n={counts.value["status/snoozed"] ?? 0} />
        <Entry view={{ kind: "callback" }} icon="phone" label={s.callback} n={count("callback")} strong />
        <Entry view={{ kind: "resolved" }} icon="check" label={s.resolved} />
        <a class={`entry ${route.value.board || route.value.whatif !== undefined ? "on" : ""}`} href="#/board/queue" title={s.board.title} aria-current={route.value.board ? "page" : undefined} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, board: "queue" }))}><Icon name="board" /><span class="entry-label">{s.board.title}</span></a>
        <a class={`entry ${route.value.reports !== undefined ? "on" : ""}`} href="#/reports" title={s.reports.title} aria-current={route.value.reports !== undefined ? "page" : undefined} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, reports: "" }))}><Icon name="chart" /><span class="entry-label">{s.reports.title}</span></a>
        <Section title={s.channels} some={channels.length > 0}>
          {channels.map((c) => <Entry key={c} view={{ kind: "channel", id: c }} channel={c} label={channelName(c)} n={count(`channel/${c}`)} />)}
        </Section>
        <Section title={s.teams} some={counted("team").length > 0}>
          {counted("team").map((x) => <Entry key={x} view={{ kind: "team", id: x }} icon="users" label={teamName(x)} n={count(`team/${x}`)} />)}
        </Section>
        <Section title={s.queues} some={counted("queue").length > 0}>
          {counted("queue").map((x) => <Entry key={x} view={{ kind: "queue", id: x }} icon="queue" label={queueName(x)} n={count(`queue/${x}`)} />)}
        </Section>
        <Section title={s.tags} some={counted("tag").length > 0}>
          {counted("tag").slice(0, 30).map((x) => <Entry key={x} view={{ kind: "tag", id: x }} icon="tag" label={x} n={count(`tag/${x}`)} />)}
        </Section>
      </div>
      <PresenceControl />
      <Link />
      <Account />
    </nav>
  );
}

function Section({ title, some, children }: { title: string; some: boolean; children: ComponentChildren }) {
  if (!some) return null;
  return <section class="side-section"><h2>{title}</h2>{children}</section>;
}

function Entry({ view, icon, channel, label, n, strong }: { view: View; icon?: IconName; channel?: string; label: string; n?: number; strong?: boolean }) {
  const on = !route.value.admin && !route.value.board && route.value.whatif === undefined && route.value.reports === undefined && viewKey(route.value.view) === viewKey(view);
  return (
    <a class={`entry ${on ? "on" : ""}`} href={`#/v/${view.kind}${view.id ? "/" + encodeURIComponent(view.id) : ""}`} title={label} aria-current={on ? "page" : undefined} onClick={(e) => (e.preventDefault(), go({ view }))}>
      {channel ? <ChannelIcon channel={channel} size={15} /> : icon && <Icon name={icon} />}
      <span class="entry-label">{label}</span>
      {!!n && <span class={`entry-count ${strong ? "strong" : ""}`}>{n > 9999 ? "9999+" : n}</span>}
    </a>
  );
}

/** The state of the connection, in words when it is not good. */
function Link() {
  const s = t.value;
  const { state, retryAt } = link.value;
  const [, redraw] = useState(0);
  useEffect(() => {
    if (state !== "waiting") return;
    const timer = setInterval(() => redraw((x) => x + 1), 500);
    return () => clearInterval(timer);
  }, [state]);
  const left = Math.max(0, Math.ceil(((retryAt ?? 0) - Date.now()) / 1000));
  const words = state === "live" ? s.connLive : state === "connecting" ? s.connConnecting : state === "waiting" ? s.connWaiting(left) : s.connRefused;
  return (
    <div class={`link-state ${state}`} role="status">
      <i class="pulse" /><span>{words}</span>
      {state === "waiting" && <button class="link" onClick={() => live.nudge()}>{s.tryNow}</button>}
    </div>
  );
}

function Account() {
  const s = t.value;
  const who = me.value;
  if (!who) return null;
  const leave = async () => {
    await api.signOut().catch(() => {});
    clearDrafts();
    signedOut(false);
    location.reload();
  };
  return (
    <div class="account">
      <button class="account-button" aria-label={who.name} aria-expanded={menu.value === "account"} onClick={() => toggleMenu("account")}>
        <Avatar name={who.name} id={who.id} size="small" /><span>{who.name}</span>
      </button>
      {who.role === "administrator" && (
        <Button icon="gear" label={s.admin} text={false} kind="quiet" pressed={!!route.value.admin} onClick={() => go(route.value.admin ? { view: { kind: "all" } } : { view: { kind: "all" }, admin: "inboxes" })} />
      )}
      <Button icon="help" label={s.keys} keys="?" text={false} kind="quiet" onClick={() => toggleMenu("help")} />
      {menu.value === "account" && (
        <Popover align="left" label={who.name} onClose={() => (menu.value = "")}>
          <div class="account-menu">
            <strong>{who.name}</strong>
            <span class="muted">{who.email}</span>
            <label class="field"><span>{s.language}</span><LanguageSwitch /></label>
            <Button label={s.changePassword} onClick={() => (menu.value = "password")} />
            <Button icon="out" label={s.signOut} onClick={leave} />
          </div>
        </Popover>
      )}
    </div>
  );
}
