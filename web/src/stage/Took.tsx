// How long something took, or takes: while it goes on the words grow each second, and nothing around them is drawn again.
import { duration } from "../parts/words.ts";
import { lasted, type Span } from "./spans.ts";
import { useSecond } from "./useSecond.ts";

export function Took({ span }: { span: Span }) {
  if (span.to === undefined) return <Growing span={span} />;
  const seconds = lasted(span, span.to);
  return seconds > 0 && seconds < 0.5 ? "< 1 s" : duration(seconds);
}

function Growing({ span }: { span: Span }) {
  const now = useSecond();
  return duration(lasted(span, now));
}
