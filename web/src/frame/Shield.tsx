// What is around the pages never takes them down: a part of it that cannot be drawn is left out, and the console says why.
import { Component, type ReactNode, Suspense } from "react";

export class Shield extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? null : <Suspense>{this.props.children}</Suspense>;
  }
}
