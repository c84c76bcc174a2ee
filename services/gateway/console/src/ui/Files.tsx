// Files of a message. What a browser shows without running anything is shown;
// all else, SVG and HTML too, can only be saved.
import { api } from "../core/api";
import { bytes } from "../core/format";
import type { Attachment, Message } from "../core/wire";
import { t, type Strings } from "../i18n";
import { Icon } from "./icons";

const picture = /^image\/(png|jpe?g|gif|webp|avif|bmp)\b/;
const sound = /^audio\/(mpeg|mp4|ogg|wav|x-wav|webm|aac|flac|x-m4a)\b/;
const film = /^video\/(mp4|webm|ogg)\b/;

/** Asks for a file again that could not be had: the feed tells of a file a moment
 * before it can be read. After a few tries it stays what it is. */
export function retry(e: Event): void {
  const el = e.currentTarget as HTMLImageElement | HTMLMediaElement;
  const tries = Number(el.dataset.tries ?? 0);
  if (tries >= 5) return;
  el.dataset.tries = String(tries + 1);
  setTimeout(() => {
    if (el.isConnected) el.src = el.getAttribute("src")!;
  }, 200 * 2 ** tries);
}

export function Files({ m }: { m: Message }) {
  const s = t.value;
  const shown = (m.attachments ?? []).filter((a) => !(a.inline && a.content_id && m.html) && !(a.hash && a.id === m.call?.recording));
  if (!shown.length) return null;
  return <div class="files">{shown.map((a) => <File key={a.id} m={m} a={a} s={s} />)}</div>;
}

function File({ m, a, s }: { m: Message; a: Attachment; s: Strings }) {
  const url = api.attachmentURL(m, a);
  if (a.failed) {
    const why = s.fileFails[a.failed] ?? (a.failed.startsWith("larger than") ? s.fileFails["larger"]! : a.failed);
    return <span class="file off" title={s.fileFailed(why)}><Icon name="warn" /><span class="wrap">{a.name && <b>{a.name} </b>}{s.fileFailed(why)}</span></span>;
  }
  if (!a.hash) return <span class="file busy" title={s.notFetched}><Icon name="file" /><span>{a.name || a.type || s.recording}</span><small>{s.fileFetching}</small></span>;
  if (picture.test(a.type)) return <a class="picture" href={url} target="_blank" rel="noopener" title={label(a)}><img loading="lazy" onError={retry} src={url} alt={a.name} /></a>;
  if (sound.test(a.type)) return <audio controls preload="metadata" onError={retry} src={url} title={label(a)} aria-label={a.name || s.recording} />;
  if (film.test(a.type)) return <video controls preload="metadata" onError={retry} src={url} title={label(a)} aria-label={a.name} />;
  return <a class="file" href={url} download={a.name} title={`${s.download}: ${label(a)}`}><Icon name="file" /><span>{a.name || a.type}</span><small>{a.size ? bytes(a.size) : ""}</small></a>;
}

const label = (a: Attachment): string => (a.size ? `${a.name} (${bytes(a.size)})` : a.name);
