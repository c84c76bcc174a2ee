// Administration: what administrators set up. Plain tables and forms over the
// REST resources; nothing here is kept beyond what the server answers.
import type { ComponentChildren } from "preact";
import { go, type AdminPage } from "../core/route";
import { me } from "../core/store";
import { t } from "../i18n";
import { Icon, type IconName } from "../ui/icons";
import { Agents } from "./Agents";
import { Alarms } from "./Alarms";
import { Canned, Macros } from "./Answers";
import { Books } from "./Books";
import { Segments, Surveys } from "./Customers";
import { Dead } from "./Dead";
import { HoursPage } from "./Hours";
import { InboxPage } from "./InboxPage";
import { Inboxes } from "./Inboxes";
import { Policies } from "./Policies";
import { Queues } from "./Queues";
import { Routes } from "./Routes";
import { Rules } from "./Rules";
import { AgentPage, Skills, Teams, WorkloadPage } from "./Work";

/** The pages, by what they are about, with their names and icons. */
export function adminPages(): [string, [AdminPage, string, IconName][]][] {
  const s = t.value, m = s.manage;
  return [
    [m.areas.channels, [["inboxes", s.inboxes, "inbox"]]],
    [m.areas.people, [["agents", s.agents, "user"], ["teams", s.teams, "users"], ["skills", m.skills, "check"], ["workload", m.workload, "panel"]]],
    [m.areas.work, [["queues", s.queues, "queue"], ["routes", m.routes, "arrowRight"], ["hours", m.hours, "clock"], ["policies", m.policies, "shield"], ["alarms", m.alarms, "warn"]]],
    [m.areas.automation, [["rules", m.rules, "gear"], ["macros", m.macros, "template"], ["canned", m.canned, "note"], ["segments", m.segments, "tag"], ["surveys", m.surveys, "webchat"]]],
    [m.areas.watch, [["books", s.books, "checks"], ["dead", s.deadLetters, "warn"]]],
  ];
}

const show: Record<AdminPage, (item?: string) => ComponentChildren> = {
  inboxes: (item) => (item ? <InboxPage key={item} id={item} /> : <Inboxes />),
  agents: (item) => (item ? <AgentPage key={item} id={item} /> : <Agents />),
  teams: (item) => <Teams item={item} />,
  skills: (item) => <Skills item={item} />,
  queues: (item) => <Queues item={item} />,
  hours: (item) => <HoursPage item={item} />,
  policies: (item) => <Policies item={item} />,
  routes: (item) => <Routes item={item} />,
  workload: () => <WorkloadPage />,
  rules: (item) => <Rules item={item} />,
  macros: (item) => <Macros item={item} />,
  canned: (item) => <Canned item={item} />,
  segments: (item) => <Segments item={item} />,
  surveys: (item) => <Surveys item={item} />,
  alarms: (item) => <Alarms item={item} />,
  books: () => <Books />,
  dead: () => <Dead />,
};

export function Admin({ page, item }: { page: AdminPage; item?: string }) {
  const s = t.value;
  if (me.value?.role !== "administrator") return <main class="conversation empty"><p>{s.onlyAdmin}</p></main>;
  const to = (admin: AdminPage) => go({ view: { kind: "all" }, admin });
  return (
    <main class="admin-main">
      <header class="admin-head">
        <h1>{s.admin}</h1>
        <select class="admin-select" aria-label={s.admin} value={page} onChange={(e) => (to(e.currentTarget.value as AdminPage), (e.currentTarget.value = page))}>
          {adminPages().map(([area, pages]) => <optgroup key={area} label={area}>{pages.map(([id, label]) => <option key={id} value={id}>{label}</option>)}</optgroup>)}
        </select>
        <span class="grow" />
        <button class="link" onClick={() => go({ view: { kind: "all" } })}>{s.backToInbox}</button>
      </header>
      <div class="admin-columns">
        <nav class="admin-nav" aria-label={s.admin}>
          {adminPages().map(([area, pages]) => (
            <section key={area}>
              <h2>{area}</h2>
              {pages.map(([id, label, icon]) => (
                <a key={id} href={`#/admin/${id}`} class={id === page ? "on" : ""} aria-current={id === page ? "page" : undefined} onClick={(e) => (e.preventDefault(), to(id))}><Icon name={icon} size={14} />{label}</a>
              ))}
            </section>
          ))}
        </nav>
        <div class="admin-body" key={page}>{show[page](item)}</div>
      </div>
    </main>
  );
}
