// @vitest-environment happy-dom
import { create } from "@bufbuild/protobuf";
import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { Occasion, type Subscription, SubscriptionSchema } from "../../api/winslow/v1/subscription_pb.ts";
import { Live } from "../../live/Live.tsx";
import { fakeWindow } from "../../parts/fakeWindow.ts";
import { Rpc } from "../../rpc/Rpc.tsx";
import type { Services } from "../../rpc/services.ts";
import { SubscriptionForm } from "./SubscriptionForm.tsx";

vi.setConfig({ testTimeout: 20_000 });
beforeAll(fakeWindow);
afterEach(cleanup);

const asked: { updateMask: { paths: string[] } }[] = [];
const services = {
  events: {
    watch: async function* () {
      await new Promise(() => undefined);
    },
  },
  subscriptions: {
    updateSubscription: async (request: (typeof asked)[0]) => {
      asked.push(request);
      return {};
    },
  },
} as unknown as Services;

const formOf = (before: Subscription) => (
  <MantineProvider env="test">
    <Rpc services={services}>
      <Live>
        <SubscriptionForm before={before} onClose={() => undefined} />
      </Live>
    </Rpc>
  </MantineProvider>
);

test("what others change of a subscription while one changes it stays", async () => {
  const about = { name: "subscriptions/s", url: "https://r/hook", occasions: [Occasion.FAILED] };
  const { rerender } = render(formOf(create(SubscriptionSchema, { ...about, tags: ["night"] })));
  rerender(formOf(create(SubscriptionSchema, { ...about, tags: ["night", "day"] })));
  const user = userEvent.setup({ delay: null });
  await user.click(screen.getByLabelText(/A project is done/));
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(asked.map(({ updateMask }) => updateMask.paths)).toEqual([["occasions"]]);
});
