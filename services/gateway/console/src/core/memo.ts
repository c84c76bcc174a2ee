import { Component, createElement, type ComponentType, type FunctionComponent } from "preact";

/** Draws a component again only when one of its properties is another value, so
 * that a long timeline costs nothing when one message is added. Signals that
 * the component reads still redraw it. */
export function memo<P extends object>(inner: FunctionComponent<P>): ComponentType<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const a = this.props as Record<string, unknown>, b = next as Record<string, unknown>;
      return Object.keys(b).some((k) => a[k] !== b[k]) || Object.keys(a).length !== Object.keys(b).length;
    }
    override render() {
      return createElement(inner as FunctionComponent<object>, this.props);
    }
  }
  return Memo as unknown as ComponentType<P>;
}
