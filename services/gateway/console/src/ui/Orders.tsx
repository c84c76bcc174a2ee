// What a customer bought: a card each beside the conversation, a line each where
// it is read.
import { day, full } from "../core/format";
import { money, numberOf, safe, statesOf } from "../core/orders";
import type { Order } from "../core/wire";
import { t, type Strings } from "../i18n";
import { Icon } from "./icons";

const state = (word: string, s: Strings): string => s.orderStates[word.toLowerCase()] ?? word.replaceAll("_", " ");

const tone = (word: string): string => (/cancel|void|refund|fail/i.test(word) ? "bad" : /pending|authorized|partial|unfulfilled/i.test(word) ? "snoozed" : "open");

function Link({ url, children }: { url: string | undefined; children: string }) {
  const to = safe(url);
  return to ? <a class="link" href={to} target="_blank" rel="noopener noreferrer">{children} ↗</a> : <>{children}</>;
}

export function Orders({ orders }: { orders: { inbox: string; order: Order }[] }) {
  const s = t.value;
  if (!orders.length) return null;
  return (
    <section class="panel-section" aria-label={s.orders}>
      <h2>{s.orders}<span class="muted">{orders.length > 1 ? orders.length : ""}</span></h2>
      {orders.map(({ inbox, order }, i) => <Card key={`${inbox}/${order.id}`} o={order} open={i === 0} s={s} />)}
    </section>
  );
}

function Card({ o, open, s }: { o: Order; open: boolean; s: Strings }) {
  const refunded = money(o.refunded, o.currency);
  return (
    <details class="order" open={open}>
      <summary>
        <span class="order-top"><b>{s.order(numberOf(o))}</b><span class="grow" /><span class={o.cancelled_at ? "struck" : ""}>{money(o.total, o.currency)}</span></span>
        <span class="order-states">{statesOf(o).map((x) => <span key={x} class={`status ${tone(x)}`}>{state(x, s)}</span>)}<time class="muted small" title={full(o.placed_at)}>{day(o.placed_at)}</time></span>
      </summary>
      <div class="order-body">
        {(o.lines ?? []).map((l, i) => <div key={i} class="order-line"><span class="num">{l.quantity}×</span><span class="grow" title={l.sku}>{l.title}</span><span>{money(l.price, o.currency)}</span></div>)}
        {refunded && <div class="order-line refund"><span class="grow">{s.refunded("")}</span><span>−{refunded}</span></div>}
        {(o.refunds ?? []).map((r) => <div key={r.id} class="order-line muted small"><span class="grow" title={r.note}>{day(r.at)}{r.note && ` · ${r.note}`}</span><span>−{money(r.amount, o.currency)}</span></div>)}
        {(o.tracking ?? []).map((p, i) => <div key={i} class="order-line small"><span class="grow"><Icon name="arrowRight" size={11} /> {[p.carrier, p.status && state(p.status, s)].filter(Boolean).join(" · ")}</span><Link url={p.url}>{p.number || s.parcel}</Link></div>)}
        {safe(o.url) && <div class="small"><Link url={o.url}>{o.shop || s.openOrder}</Link></div>}
      </div>
    </details>
  );
}

/** An order in one line. */
export function orderLine(o: Order, s: Strings): string {
  const refunded = money(o.refunded, o.currency);
  return [s.order(numberOf(o)), money(o.total, o.currency), ...statesOf(o).filter((x) => !refunded || !/refund/i.test(x)).map((x) => state(x, s)), refunded && s.refunded(refunded)].filter(Boolean).join(" · ");
}
