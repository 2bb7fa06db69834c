// Questions that are asked before something is done: `modals` of Mantine, with what draws them.
import { needDialogs } from "./needed.ts";

export { modals } from "@mantine/modals";

needDialogs();
