import { useEffect } from "preact/hooks";
import { Admin } from "../admin/Admin";
import { Board } from "../board/Board";
import { dropToast, toasts } from "../core/actions";
import { route } from "../core/route";
import { Reports } from "../reports/Reports";
import { count, loadList, session, sort } from "../core/store";
import { viewKey } from "../core/view";
import { t } from "../i18n";
import { Offers } from "../work/Offers";
import { offers } from "../work/offers";
import { ContactPanel, panelOpen } from "./ContactPanel";
import { Conversation } from "./Conversation";
import { useKeys } from "./keys";
import { List } from "./List";
import { Help, Palette } from "./Palette";
import { menu } from "./parts";
import { Password } from "./Password";
import { Sidebar } from "./Sidebar";
import { SignIn } from "./SignIn";
import { WhatIf } from "../whatif/WhatIf";

export function App() {
  return (
    <>
      {session.value === "in" ? <Shell /> : session.value === "unknown" ? <div class="blank" aria-busy="true" /> : <SignIn />}
      <Toasts />
    </>
  );
}

function Shell() {
  const { view, admin, item, reports, board, whatif, conversation } = route.value;
  const whole = !!admin || reports !== undefined || !!board || whatif !== undefined;
  useKeys();
  const key = `${viewKey(view)}|${sort.value}`;
  useEffect(() => {
    if (!whole) void loadList();
  }, [key, whole]);
  const mine = count("unassigned"), asked = offers.value.length > 0;
  useEffect(() => {
    document.title = (asked ? "● " : "") + (mine ? `(${mine}) ` : "") + "Tributary";
  }, [mine, asked]);
  return (
    <div class={`shell ${whole ? "admin" : ""} ${conversation ? "reading" : ""} ${panelOpen.value && conversation ? "with-panel" : ""}`}>
      <Sidebar />
      {admin ? <Admin page={admin} item={item} /> : board ? <Board tab={board} /> : whatif !== undefined ? <WhatIf query={whatif} /> : reports !== undefined ? <Reports query={reports} /> : (
        <>
          <List />
          <Conversation />
          {panelOpen.value && conversation && <ContactPanel />}
        </>
      )}
      <Offers />
      {menu.value === "palette" && <Palette />}
      {menu.value === "help" && <Help />}
      {menu.value === "password" && <Password />}
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
