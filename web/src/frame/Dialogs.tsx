// What draws the questions of `parts/dialogs.ts`.
import { ModalsProvider } from "@mantine/modals";

export const Dialogs = () => <ModalsProvider>{null}</ModalsProvider>;
