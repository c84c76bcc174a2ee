import { useEffect } from "preact/hooks";
import { Admin } from "../admin/Admin";
import { dropToast, toasts } from "../core/actions";
import { route } from "../core/route";
import { count, loadList, session, sort } from "../core/store";
import { viewKey } from "../core/view";
import { t } from "../i18n";
import { ContactPanel, panelOpen } from "./ContactPanel";
import { Conversation } from "./Conversation";
import { useKeys } from "./keys";
import { List } from "./List";
import { Help, Palette } from "./Palette";
import { menu } from "./parts";
import { Sidebar } from "./Sidebar";
import { SignIn } from "./SignIn";

export function App() {
  return (
    <>
      {session.value === "in" ? <Shell /> : session.value === "unknown" ? <div class="blank" aria-busy="true" /> : <SignIn />}
      <Toasts />
    </>
  );
}

function Shell() {
  const { view, admin, inbox, conversation } = route.value;
  useKeys();
  const key = `${viewKey(view)}|${sort.value}`;
  useEffect(() => {
    if (!admin) void loadList();
  }, [key, !admin]);
  const mine = count("unassigned");
  useEffect(() => {
    document.title = (mine ? `(${mine}) ` : "") + "Tributary";
  }, [mine]);
  return (
    <div class={`shell ${admin ? "admin" : ""} ${conversation ? "reading" : ""} ${panelOpen.value && conversation ? "with-panel" : ""}`}>
      <Sidebar />
      {admin ? <Admin page={admin} inbox={inbox} /> : (
        <>
          <List />
          <Conversation />
          {panelOpen.value && conversation && <ContactPanel />}
        </>
      )}
      {menu.value === "palette" && <Palette />}
      {menu.value === "help" && <Help />}
    </div>
  );
}

function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((x) => (
        <div key={x.id} class={`toast ${x.bad ? "bad" : ""}`}>
          <span>{x.text}</span>
          {x.undo && <button class="link" onClick={() => (x.undo!(), dropToast(x.id))}>{t.value.undo}</button>}
          <button class="toast-close" aria-label={t.value.close} onClick={() => dropToast(x.id)}>×</button>
        </div>
      ))}
    </div>
  );
}
