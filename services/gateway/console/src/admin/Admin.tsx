// Administration: what administrators set up. Plain tables and forms over the
// REST resources; nothing here is kept beyond what the server answers.
import { go, type AdminPage } from "../core/route";
import { me } from "../core/store";
import { t } from "../i18n";
import { Icon, type IconName } from "../ui/icons";
import { Agents } from "./Agents";
import { Books } from "./Books";
import { Dead } from "./Dead";
import { InboxPage } from "./InboxPage";
import { Inboxes } from "./Inboxes";
import { Queues, Teams } from "./Groups";

export function Admin({ page, inbox }: { page: AdminPage; inbox?: string }) {
  const s = t.value;
  const pages: [AdminPage, string, IconName][] = [
    ["inboxes", s.inboxes, "inbox"], ["agents", s.agents, "user"], ["teams", s.teams, "users"], ["queues", s.queues, "queue"], ["books", s.books, "checks"], ["dead", s.deadLetters, "warn"],
  ];
  if (me.value?.role !== "administrator") return <main class="conversation empty"><p>{s.onlyAdmin}</p></main>;
  return (
    <main class="admin-main">
      <header class="admin-head">
        <h1>{s.admin}</h1>
        <nav class="admin-tabs" aria-label={s.admin}>
          {pages.map(([id, label, icon]) => (
            <a key={id} href={`#/admin/${id}`} class={id === page ? "on" : ""} aria-current={id === page ? "page" : undefined} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, admin: id }))}><Icon name={icon} size={14} />{label}</a>
          ))}
        </nav>
        <button class="link" onClick={() => go({ view: { kind: "all" } })}>{s.backToInbox}</button>
      </header>
      <div class="admin-body">
        {page === "inboxes" && inbox ? <InboxPage key={inbox} id={inbox} /> : page === "inboxes" ? <Inboxes /> : page === "agents" ? <Agents /> : page === "teams" ? <Teams /> : page === "queues" ? <Queues /> : page === "books" ? <Books /> : <Dead />}
      </div>
    </main>
  );
}
