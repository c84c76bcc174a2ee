import { useEffect, useLayoutEffect } from "preact/hooks";
import { assign, assignMe, copyLink, markRead, reopen, resolve, snooze, tag, transfer } from "../core/actions";
import { moment } from "../core/format";
import { nameOf } from "../core/names";
import { go, route } from "../core/route";
import { activity, agentName, agents, counted, current, live, loadThread, me, missing, now, queueName, teamName, threadFailed, tick, world } from "../core/store";
import type { Conversation as Conv } from "../core/wire";
import { t } from "../i18n";
import { Clocks } from "../work/Clocks";
import { Priority, Segments, SurveyMark } from "../work/Marks";
import { WaitStrip } from "../work/Why";
import { CallbackBanner, CallbackMenu } from "./Callback";
import { Composer } from "./Composer";
import { panelOpen } from "./ContactPanel";
import { EntryForm } from "./EntryForm";
import { Icon } from "./icons";
import { Button, menu, Picker, Popover, toggleMenu, type Choice } from "./parts";
import { SnoozeMenu } from "./SnoozeMenu";
import { Timeline } from "./Timeline";
import { TransferMenu } from "./TransferMenu";

export function Conversation() {
  const s = t.value;
  const id = route.value.conversation;
  const c = current.value;
  // Not after the screen was drawn: by then a key may have opened a menu here.
  useLayoutEffect(() => void (menu.value = ""), [id]);
  useEffect(() => {
    if (!id) return;
    void loadThread(id);
    live.send({ type: "viewing", conversation: id, on: true });
    const again = setInterval(() => document.visibilityState === "visible" && live.send({ type: "viewing", conversation: id, on: true }), 30_000);
    return () => {
      clearInterval(again);
      live.send({ type: "viewing", conversation: id, on: false });
    };
  }, [id]);
  useEffect(() => {
    const see = () => document.visibilityState === "visible" && current.value && void markRead(current.value);
    see();
    document.addEventListener("visibilitychange", see);
    return () => document.removeEventListener("visibilitychange", see);
  }, [c?.id, c?.version]);
  if (!id) return <main class="conversation empty"><div class="hint"><img src="/favicon.svg" alt="" width="44" height="44" /><h2>{s.pickOne}</h2><p>{s.pickHint}</p></div></main>;
  if (missing.value === id) return <main class="conversation empty"><div class="hint"><h2>{s.goneTitle}</h2><p>{s.goneHint}</p><Back /></div></main>;
  tick.value; // the thread stands in the world, not in a signal of its own
  const thread = world.threads.get(id);
  return (
    <main class="conversation" aria-label={c ? nameOf(c) : s.noName}>
      {c ? <Head c={c} /> : <header class="conv-head"><Back /></header>}
      {c?.callback && <CallbackBanner c={c} />}
      {c && <WaitStrip c={c} />}
      {threadFailed.value && !thread?.loaded
        ? <p class="list-empty">{s.loadFailed} <button class="link" onClick={() => void loadThread(id)}>{s.retry}</button></p>
        : <Timeline key={id} id={id} />}
      <Others id={id} />
      {c && <Composer key={`composer-${id}`} c={c} />}
    </main>
  );
}

function Back() {
  return <span class="only-narrow"><Button icon="back" label={t.value.kBack} keys="Esc" text={false} kind="quiet" onClick={() => go({ view: route.value.view })} /></span>;
}

function Head({ c }: { c: Conv }) {
  const s = t.value;
  const mine = c.assignee === me.value?.id;
  return (
    <header class="conv-head">
      <Back />
      <h1 class="conv-title" title={nameOf(c)}>{nameOf(c)}</h1>
      <div class="conv-actions">
        <div class="anchor">
          <Button icon="user" label={c.assignee ? agentName(c.assignee) : s.assign} keys={mine ? undefined : "a"} pressed={!!c.assignee} expanded={menu.value === "assign"} onClick={() => toggleMenu("assign")} />
          {menu.value === "assign" && <AssignMenu c={c} />}
        </div>
        <div class="anchor">
          <Button icon="arrowRight" label={s.transfer} keys="t" text={false} expanded={menu.value === "transfer"} onClick={() => toggleMenu("transfer")} />
          {menu.value === "transfer" && <TransferMenu onClose={() => (menu.value = "")} onTransfer={(to) => transfer(c, to)} />}
        </div>
        <div class="anchor">
          <Button icon="clock" label={s.snooze} keys="s" text={false} expanded={menu.value === "snooze"} onClick={() => toggleMenu("snooze")} />
          {menu.value === "snooze" && <SnoozeMenu onClose={() => (menu.value = "")} onPick={(d) => ((menu.value = ""), void snooze(c, d))} />}
        </div>
        <div class="anchor">
          <Button icon="phone" label={s.requestCallback} keys="c" text={false} pressed={!!c.callback} expanded={menu.value === "callback"} onClick={() => toggleMenu("callback")} />
          {menu.value === "callback" && <CallbackMenu c={c} onClose={() => (menu.value = "")} />}
        </div>
        <div class="anchor">
          <Button icon="visit" label={s.newEntry} keys="v" text={false} expanded={menu.value === "entry"} onClick={() => toggleMenu("entry")} />
          {menu.value === "entry" && <EntryForm contact={c.contact.id} onClose={() => (menu.value = "")} />}
        </div>
        <Button icon="link" label={s.copyLink} text={false} onClick={() => void copyLink()} />
        {c.status === "open"
          ? <Button icon="check" label={s.resolve} keys="e" kind="primary" onClick={() => void resolve(c)} />
          : <Button icon="undo" label={c.status === "snoozed" ? s.wake : s.reopen} keys="o" onClick={() => void reopen(c)} />}
        <Button icon="panel" label={panelOpen.value ? s.hidePanel : s.showPanel} keys="i" text={false} kind="quiet" pressed={panelOpen.value} onClick={() => (panelOpen.value = !panelOpen.value)} />
      </div>
      <div class="conv-sub">
        <span class={`status ${c.status}`}>{c.status === "snoozed" && c.snoozed_until ? s.snoozeUntil(moment(c.snoozed_until)) : s[c.status]}</span>
        <Clocks c={c} />
        {c.subject && <span class="conv-subject" title={c.subject}>{c.subject}</span>}
        {(c.team || c.queue) && <span class="muted conv-where">{[c.team && teamName(c.team), c.queue && queueName(c.queue)].filter(Boolean).join(" · ")}</span>}
        <Segments ids={c.segments} />
        <SurveyMark survey={c.survey} />
        <Priority c={c} />
        <Tags c={c} />
      </div>
    </header>
  );
}

function AssignMenu({ c }: { c: Conv }) {
  const s = t.value;
  const close = () => (menu.value = "");
  const choices: Choice[] = [];
  if (c.assignee !== me.value!.id) choices.push({ id: "me", label: s.assignMe, icon: "user", words: me.value!.name, run: () => (close(), void assignMe(c)) });
  if (c.assignee) choices.push({ id: "none", label: s.unassign, icon: "userOff", run: () => (close(), void assign(c, "")) });
  for (const a of agents.value)
    if (a.id !== me.value!.id && a.id !== c.assignee && !a.disabled) choices.push({ id: a.id, label: a.name, hint: (a.teams ?? []).map(teamName).join(", "), words: a.email, run: () => (close(), void assign(c, a.id)) });
  return <Popover label={s.assignTo} onClose={close}><Picker choices={choices} placeholder={s.assignTo} /></Popover>;
}

function Tags({ c }: { c: Conv }) {
  const s = t.value;
  const close = () => (menu.value = "");
  const free = counted("tag").filter((x) => !(c.tags ?? []).includes(x));
  const add = (x: string) => (close(), void tag(c, [x.toLowerCase()], []));
  return (
    <span class="tags anchor">
      {(c.tags ?? []).map((x) => (
        <span key={x} class="chip tag">{x}<button class="chip-x" aria-label={s.removeTag(x)} onClick={() => void tag(c, [], [x])}>×</button></span>
      ))}
      <button class="chip add" title={`${s.addTag} (#)`} aria-label={s.addTag} aria-expanded={menu.value === "tag"} onClick={() => toggleMenu("tag")}><Icon name="plus" size={10} /><Icon name="tag" size={11} /></button>
      {menu.value === "tag" && (
        <Popover align="left" label={s.addTag} onClose={close}>
          <Picker choices={free.map((x) => ({ id: x, label: x, icon: "tag", run: () => add(x) }))} placeholder={s.addTag} empty={s.addTag} free={(x) => ({ id: "+" + x, label: x, icon: "plus", run: () => add(x) })} />
        </Popover>
      )}
    </span>
  );
}

/** Who else types here or looks at this. */
function Others({ id }: { id: string }) {
  const s = t.value;
  const here = (activity.value[id] ?? []).filter((a) => a.until > now.value - 4_000);
  const typing = here.filter((a) => a.kind === "typing");
  const viewing = here.filter((a) => a.kind === "viewing" && !typing.some((x) => x.who === a.who));
  if (!here.length) return null;
  const names = (list: typeof here) => list.map((a) => a.name || (current.value ? nameOf(current.value) : s.noName)).join(", ");
  return (
    <div class="others" role="status">
      {typing.length > 0 && <span class="typing"><i /><i /><i />{s.typing(names(typing))}</span>}
      {viewing.length > 0 && <span class="viewing"><Icon name="user" size={12} />{s.viewing(names(viewing))}</span>}
    </div>
  );
}
