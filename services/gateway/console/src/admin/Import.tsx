import { useRef, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { api } from "../core/api";
import { readReport } from "../core/report";
import type { Inbox } from "../core/wire";
import type { Strings } from "../i18n";
import { Button } from "../ui/parts";
import { Table } from "./parts";

/** An upload of calls or the like, and what became of its lines. */
export function Import({ inbox, s }: { inbox: Inbox; s: Strings }) {
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState("");
  const [error, setError] = useState("");
  const [report, setReport] = useState<Record<string, unknown> | null>(null);
  const read = async (f: File | undefined) => {
    if (!f) return;
    setBusy(f.name);
    setError("");
    setReport(null);
    try {
      setReport(await api.importFile(inbox.id, f));
    } catch (e) {
      setError(explain(e));
    }
    setBusy("");
  };
  const { figures, rejected } = readReport(report ?? {});
  return (
    <section class="card" onDragOver={(e) => e.preventDefault()} onDrop={(e) => (e.preventDefault(), void read(e.dataTransfer?.files[0]))}>
      <div class="cell"><Button icon="file" label={busy ? s.importing : s.importFile} disabled={!!busy} onClick={() => input.current?.click()} /><span class="muted small">{busy || s.importHint}</span></div>
      <input ref={input} type="file" accept=".csv,.txt,text/csv" hidden tabIndex={-1} onChange={(e) => (void read(e.currentTarget.files?.[0]), (e.currentTarget.value = ""))} />
      {error && <p class="notice bad" role="alert">{error}</p>}
      {report && <dl class="figures">{figures.map(([k, v]) => <div key={k}><dt>{k.replaceAll("_", " ")}</dt><dd>{v}</dd></div>)}</dl>}
      {rejected.length > 0 && (
        <>
          <h3>{s.rejectedLines}</h3>
          <Table head={[s.line, s.reason]} numbers={[0]} empty={false}>{rejected.map((x, i) => <tr key={i}><td class="num">{x.line ?? "–"}</td><td>{x.reason}</td></tr>)}</Table>
        </>
      )}
    </section>
  );
}
