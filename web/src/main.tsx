import "@mantine/core/styles.css";
import { MantineProvider } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ResourceKind } from "./api/winslow/v1/event_pb.ts";
import { Live } from "./live/Live.tsx";
import { router } from "./routes.tsx";
import { servicesAt } from "./rpc/services.ts";
import { theme } from "./theme.ts";

const services = servicesAt(window.location.origin);
const scope = { kinds: [ResourceKind.PROJECT, ResourceKind.NODE, ResourceKind.PIPELINE], detailsOf: [] };

const place = document.getElementById("root");
if (!place) throw new Error("the page has no root");
createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Live services={services} scope={scope}>
        <RouterProvider router={router} />
      </Live>
    </MantineProvider>
  </StrictMode>,
);
