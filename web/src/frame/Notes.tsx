// What is said in passing: done, or not done and why. What is said before this is here waits for it.
import "@mantine/notifications/styles.css";
import { Notifications } from "@mantine/notifications";

export const Notes = () => <Notifications position="bottom-right" limit={4} />;
