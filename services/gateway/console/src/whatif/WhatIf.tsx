// A past day played again with other people or other rules, for those who answer
// for the service level of a queue.
import { useEffect, useRef, useState } from "preact/hooks";
import { useChoices } from "../admin/Kept";
import { useResource } from "../admin/parts";
import { settings } from "../admin/settings";
import type { QueueRules } from "../admin/shapes";
import { go } from "../core/route";
import { me } from "../core/store";
import { beat, serverNow } from "../core/time";
import { homeZone } from "../core/zone";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { Form } from "./Form";
import { faultOf, formatQuestion, parseQuestion } from "./question";
import { Result } from "./Result";
import { run } from "./run";

export function WhatIf({ query }: { query: string }) {
  const s = t.value, w = s.whatif;
  return (
    <main class="admin-main whatif">
      <header class="admin-head">
        <h1>{w.title}</h1><span class="muted small whatif-lead">{w.lead}</span><span class="grow" />
        <Button icon="back" label={s.board.title} onClick={() => go({ view: { kind: "all" }, board: "queue" })} />
      </header>
      <div class="admin-body">{me.value?.role === "agent" ? <p class="list-empty">{w.onlySupervisors}</p> : <Body query={query} />}</div>
    </main>
  );
}

function Body({ query }: { query: string }) {
  const s = t.value, w = s.whatif;
  const queues = useResource<QueueRules[]>(settings.queues.list);
  const skills = useChoices("skills");
  const q = parseQuestion(query), zone = homeZone(), today = queues.value ?? [];
  const fault = faultOf(q, today, zone, serverNow());
  const [told, setTold] = useState(false);
  const said = useRef<HTMLParagraphElement>(null);
  useEffect(() => void (told && said.current?.focus()), [told]);
  useEffect(() => void (!fault && setTold(false)), [fault]);
  const p = run();
  const side = useRef<HTMLDivElement>(null);
  // Where the answer stands under the question, it comes in sight as it is asked for.
  const since = p?.since, begun = useRef(since);
  useEffect(() => {
    if (since !== undefined && since !== begun.current && side.current && side.current.getBoundingClientRect().top > innerHeight / 2) side.current.scrollIntoView({ block: "start" });
    begun.current = since;
  }, [since]);
  if (queues.error) return <p class="notice bad" role="alert">{queues.error}</p>;
  if (!queues.value) return <p class="list-empty" aria-busy="true">{s.loading}</p>;
  return (
    <div class="whatif-columns">
      <Form q={q} today={today} skills={skills} zone={zone} fault={fault} onFault={() => (setTold(true), said.current?.focus())} />
      <div ref={side} class="whatif-side" aria-busy={!!p && !p.answer && !p.error}>
        {told && fault && <p ref={said} class="notice bad" role="alert" tabIndex={-1}>{fault === "future" ? w.future : w.nothing}</p>}
        {p && !p.answer && !p.error && <div class="whatif-playing"><p role="status">{w.playing}</p><Ticking since={p.since} /><p class="muted small">{w.leave}</p></div>}
        {p?.error && <p class="notice bad" role="alert">{p.error}</p>}
        {p?.answer && formatQuestion(p.question) !== formatQuestion(q) && <p class="notice" role="status">{w.stale}</p>}
        {p?.answer ? <Result p={p} a={p.answer} skills={skills} /> : !p && <p class="list-empty">{w.hint}</p>}
      </div>
    </div>
  );
}

/** How long it has taken so far; not read out each second. */
const Ticking = ({ since }: { since: number }) => <span class="muted" aria-hidden="true">{t.value.whatif.seconds(Math.max(0, Math.floor((beat.value - since) / 1000)))}</span>;
