// Put on a page with
//
//   <script src="https://chat.example/widget.js" data-inbox="…" defer></script>
//
// Optional: data-user-id and data-hmac (made by the page's server), data-name,
// data-email, data-lang. A page without reloads uses window.TributaryChat.

import { render } from "preact";
import { Chat, type Identity } from "./chat";
import { style } from "./style";
import { Widget } from "./view";
import { words } from "./words";

interface Api {
  identify(identity: Identity): void;
  signOut(): void;
  open(): void;
  close(): void;
}

declare global {
  interface Window {
    TributaryChat?: Api;
  }
}

const script = document.currentScript as HTMLScriptElement | null;

function start(from: HTMLScriptElement): void {
  const set = from.dataset;
  if (!set.inbox || window.TributaryChat) return;
  const url = new URL("/chat/" + encodeURIComponent(set.inbox), from.src);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const spoken = words(set.lang);
  const identity: Identity = { userId: set.userId, hmac: set.hmac, name: set.name, email: set.email };
  const chat = new Chat(url.href, "tributary-chat:" + set.inbox, identity, navigator.language);
  const control = { open: (_: boolean) => {} };

  const host = document.createElement("div");
  host.id = "tributary-chat";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  document.body.appendChild(host);
  render(<Widget chat={chat} words={spoken.words} lang={spoken.lang} control={control} />, root);

  window.TributaryChat = {
    identify: (i) => chat.identify(i),
    signOut: () => chat.signOut(),
    open: () => control.open(true),
    close: () => control.open(false),
  };
}

if (script) {
  if (document.body) start(script);
  else document.addEventListener("DOMContentLoaded", () => start(script));
}
