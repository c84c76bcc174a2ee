// What the pages of the administration share: resources, forms and tables.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { ApiError } from "../core/api";
import { t } from "../i18n";

/** Loads a resource when a page opens and on demand. */
export function useResource<T>(get: () => Promise<T>): { value: T | undefined; error: string; load: () => Promise<void> } {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState("");
  const load = async () => {
    try {
      setValue(await get());
      setError("");
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(explain(e));
    }
  };
  useEffect(() => void load(), []);
  return { value, error, load };
}

/** Runs a form: one submit at a time, a refusal shown in place. */
export function useForm(run: (f: FormData) => Promise<void>): { busy: boolean; error: string; submit: (e: SubmitEvent) => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    setBusy(true);
    setError("");
    try {
      await run(new FormData(form));
      form.reset();
    } catch (x) {
      setError(x instanceof ApiError ? explain(x) : x instanceof FormError ? x.message : String(x));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, submit: (e) => void submit(e) };
}

/** A mistake in a form that the person can mend. */
export class FormError extends Error {}

/** Has a box take the focus while it holds more than it shows: without a pointer it
 * could not be scrolled. */
function useScrolled(again: unknown) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    const look = () => (el.scrollWidth > el.clientWidth ? el.setAttribute("tabindex", "0") : el.removeAttribute("tabindex"));
    const seen = new ResizeObserver(look);
    seen.observe(el);
    if (el.firstElementChild) seen.observe(el.firstElementChild);
    return () => seen.disconnect();
  }, [again]);
  return box;
}

/** A table; numbers names the columns that hold figures. */
export function Table({ head, children, empty, error, numbers = [] }: { head: string[]; children: ComponentChildren; empty: boolean; error?: string; numbers?: number[] }) {
  const s = t.value;
  const box = useScrolled(!!error);
  if (error) return <p class="notice bad" role="alert">{error}</p>;
  return (
    <div ref={box} class="table-wrap" role="group" aria-label={head.filter(Boolean).join(", ")}>
      <table>
        <thead><tr>{head.map((h, i) => (h ? <th key={i} scope="col" class={numbers.includes(i) ? "num" : undefined}>{h}</th> : <td key={i} />))}</tr></thead>
        <tbody>{children}</tbody>
      </table>
      {empty && <p class="list-empty">{s.none}</p>}
    </div>
  );
}

export const text = (f: FormData, k: string): string => String(f.get(k) ?? "").trim();
