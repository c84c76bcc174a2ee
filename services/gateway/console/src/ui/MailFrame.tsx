// A customer's HTML in a frame of its own. The server has sanitised it, and
// still nothing of it may run or phone home: the frame has no scripts and no
// forms (sandbox), its own policy forbids everything but styles and pictures,
// and pictures from elsewhere wait for the agent's word, since they tell the
// sender when and where they are looked at. allow-same-origin is there so that
// the frame's height can be measured; without allow-scripts it gives the
// content nothing.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api } from "../core/api";
import type { Message } from "../core/wire";
import { t } from "../i18n";
import { Icon } from "./icons";

/** Builds the frame's document. The parser has moved every remote src to
 * data-remote-src; showing images moves it back, and opens the policy. Inline
 * pictures (cid:) come from the message's own attachments. */
export function frameDocument(html: string, m: Message, images: boolean, origin: string): string {
  const doc = new DOMParser().parseFromString(html, "text/html");
  for (const el of doc.querySelectorAll("script, iframe, object, embed, form, meta, link, base")) el.remove();
  for (const img of doc.querySelectorAll("img")) {
    const src = img.getAttribute("src") ?? "";
    const cid = /^cid:(.+)$/i.exec(src)?.[1]?.replace(/^<|>$/g, "");
    const part = cid && (m.attachments ?? []).find((a) => a.content_id?.replace(/^<|>$/g, "") === cid);
    if (part && part.hash) img.setAttribute("src", origin + api.attachmentURL(m, part));
    else if (cid) img.removeAttribute("src");
    const remote = img.getAttribute("data-remote-src");
    if (images && remote && /^https?:/i.test(remote)) img.setAttribute("src", remote);
    img.setAttribute("referrerpolicy", "no-referrer");
  }
  const policy = `default-src 'none'; style-src ${origin} 'unsafe-inline'; img-src ${origin} data:${images ? " https: http:" : ""}`;
  return `<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><base target="_blank"><link rel="stylesheet" href="${origin}/mail.css"></head><body>${doc.body.innerHTML}</body></html>`;
}

/** Tells whether there is anything that images would have to be shown for. */
export const hasRemote = (html: string): boolean => /\sdata-remote-src\s*=/i.test(html);

export function MailFrame({ html, message }: { html: string; message: Message }) {
  const s = t.value;
  const [images, setImages] = useState(false);
  const frame = useRef<HTMLIFrameElement>(null);
  const doc = useMemo(() => frameDocument(html, message, images, location.origin), [html, images, message.attachments]);
  useEffect(() => {
    const el = frame.current!;
    let seen: ResizeObserver | undefined;
    const fit = () => {
      const body = el.contentDocument?.body;
      if (body) el.style.height = `${Math.min(1600, Math.max(36, body.scrollHeight + 2))}px`;
    };
    const load = () => {
      fit();
      seen?.disconnect();
      if (el.contentDocument?.body) (seen = new ResizeObserver(fit)).observe(el.contentDocument.body);
    };
    el.addEventListener("load", load);
    return () => {
      el.removeEventListener("load", load);
      seen?.disconnect();
    };
  }, []);
  return (
    <div class="mail">
      {hasRemote(html) && !images && (
        <div class="mail-bar"><Icon name="image" size={13} /><span>{s.imagesBlocked}</span><button class="link" onClick={() => setImages(true)}>{s.showImages}</button></div>
      )}
      <iframe ref={frame} title={s.showHtml} sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" srcdoc={doc} loading="lazy" />
    </div>
  );
}
