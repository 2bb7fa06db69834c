// Who is told what, and where: in this browser, by webhook, by e-mail.
import { Stack } from "@mantine/core";
import { BrowserNotices } from "./BrowserNotices.tsx";
import { Subscriptions } from "./Subscriptions.tsx";

export function Notifications() {
  return (
    <Stack gap="xl">
      <BrowserNotices />
      <Subscriptions />
    </Stack>
  );
}
