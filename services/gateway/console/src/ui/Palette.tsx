import { adminPages } from "../admin/Admin";
import { assignMe, copyLink, reopen, resolve } from "../core/actions";
import { nameOf } from "../core/names";
import { go } from "../core/route";
import { homeZone } from "../core/zone";
import { counted, current, inboxes, listRows, me, queues, teams } from "../core/store";
import type { View } from "../core/view";
import { languages, setLanguage, t, type Language } from "../i18n";
import { openWhatIf } from "../whatif/run";
import { pulls, stand, takeNext } from "../work/presence";
import { compose } from "./Composer";
import { panelOpen } from "./ContactPanel";
import { channelName } from "./icons";
import { Keys, menu, Modal, Picker, type Choice } from "./parts";

/** Every command, view and open conversation by its name. */
export function Palette() {
  const s = t.value;
  const close = () => (menu.value = "");
  const choices: Choice[] = [];
  const add = (label: string, run: () => void, o: Partial<Choice> = {}) => choices.push({ id: `${choices.length}`, label, run: () => (close(), run()), ...o });
  const c = current.value;
  if (c) {
    const group = nameOf(c);
    add(s.reply, () => compose("message"), { icon: "send", hint: "r", group });
    add(s.note, () => compose("note"), { icon: "note", hint: "n", group });
    if (c.assignee !== me.value?.id) add(s.assignMe, () => void assignMe(c), { icon: "user", hint: "a", group });
    add(s.assignTo, () => (menu.value = "assign"), { icon: "users", hint: "A", group });
    add(s.transfer, () => (menu.value = "transfer"), { icon: "arrowRight", hint: "t", group });
    if (c.status === "open") add(s.snooze, () => (menu.value = "snooze"), { icon: "clock", hint: "s", group });
    add(s.addTag, () => (menu.value = "tag"), { icon: "tag", hint: "#", group });
    if (c.status === "open") add(s.resolve, () => void resolve(c), { icon: "check", hint: "e", group });
    else add(s.reopen, () => void reopen(c), { icon: "undo", hint: "o", group });
    if (!c.callback) add(s.requestCallback, () => (menu.value = "callback"), { icon: "phone", hint: "c", group });
    add(s.work.priority, () => (menu.value = "priority"), { icon: "flag", hint: "p", group });
    add(s.work.runMacro, () => (menu.value = "macros"), { icon: "bolt", hint: "m", group });
    add(s.newEntry, () => (menu.value = "entry"), { icon: "visit", hint: "v", group });
    add(s.copyLink, () => void copyLink(), { icon: "link", group });
    add(panelOpen.value ? s.hidePanel : s.showPanel, () => (panelOpen.value = !panelOpen.value), { icon: "panel", hint: "i", group });
  }
  for (const state of ["available", "wrap-up", "away", "offline"] as const) add(s.work.states[state], () => void stand(state, "", state === "wrap-up" ? 300 : undefined), { icon: "user", group: s.work.presence });
  if (pulls.value) add(s.work.next, () => void takeNext(), { icon: "next", hint: "N", group: s.work.presence });
  add(s.board.title, () => go({ view: { kind: "all" }, board: "queue" }), { icon: "board", group: s.goTo });
  if (me.value?.role !== "agent") add(s.whatif.title, () => openWhatIf(null, homeZone()), { icon: "board", group: s.goTo });
  const views: [string, View][] = [[s.all, { kind: "all" }], [s.mine, { kind: "mine" }], [s.unassigned, { kind: "unassigned" }], [s.snoozed, { kind: "snoozed" }], [s.callback, { kind: "callback" }], [s.resolved, { kind: "resolved" }]];
  for (const ch of new Set(inboxes.value.map((i) => i.channel))) views.push([channelName(ch), { kind: "channel", id: ch }]);
  for (const x of teams.value) views.push([x.name, { kind: "team", id: x.id }]);
  for (const x of queues.value) views.push([x.name, { kind: "queue", id: x.id }]);
  for (const tag of counted("tag")) views.push([`#${tag}`, { kind: "tag", id: tag }]);
  for (const [label, view] of views) add(label, () => go({ view }), { icon: "inbox", group: s.goTo });
  for (const x of listRows.value.slice(0, 200)) add(nameOf(x), () => go({ view: { kind: "all" }, conversation: x.id }), { hint: (x.subject || x.last_message?.text || "").slice(0, 40), icon: "webchat", group: s.inbox });
  if (me.value?.role === "administrator") {
    for (const [, pages] of adminPages()) for (const [admin, label] of pages) add(label, () => go({ view: { kind: "all" }, admin }), { icon: "gear", group: s.admin });
  }
  for (const [k, v] of Object.entries(languages)) add(v.name, () => setLanguage(k as Language), { group: s.language, words: "language 언어 言語" });
  add(s.keys, () => (menu.value = "help"), { icon: "help", hint: "?" });
  return <Modal label={s.palette} onClose={close}><Picker choices={choices} placeholder={s.paletteHint} /></Modal>;
}

export function Help() {
  const s = t.value;
  const rows: [string, string][] = [
    ["j k", `${s.kNext} / ${s.kPrev}`], ["Enter", s.kOpen], ["r", s.reply], ["n", s.note], ["Ctrl+Enter", s.send], ["a", s.assignMe], ["A", s.assignTo], ["t", s.transfer],
    ["s", s.snooze], ["e", s.resolve], ["o", s.reopen], ["#", s.addTag], ["i", s.contact], ["c", s.requestCallback], ["v", s.newEntry], ["p", s.work.priority], ["m", s.work.runMacro], ["/…", s.work.canned], ["Alt+O Enter", s.work.accept], ["N", s.work.next], ["/", s.search], ["Ctrl+K", s.palette], ["Esc", s.kBack], ["?", s.keys],
  ];
  return (
    <Modal label={s.keys} onClose={() => (menu.value = "")} wide>
      <h2 class="modal-title">{s.keys}</h2>
      <dl class="key-table">{rows.map(([k, label]) => <div key={k}><dt><Keys k={k} /></dt><dd>{label}</dd></div>)}</dl>
    </Modal>
  );
}
