// Looks for patterns beside the page, which ends it where it takes too long.
import { type Ask, answer, type Told } from "./marking.ts";

interface Port {
  onmessage: ((event: MessageEvent<Ask>) => void) | null;
  postMessage(told: Told): void;
}

const port = self as unknown as Port;
port.onmessage = ({ data }) => answer(data, (told) => port.postMessage(told));
