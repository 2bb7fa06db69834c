import "@mantine/core/styles.css";
import { MantineProvider } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Live } from "./live/Live.tsx";
import { router } from "./routes.tsx";
import { Rpc } from "./rpc/Rpc.tsx";
import { servicesAt } from "./rpc/services.ts";
import { theme, variables } from "./theme.ts";

const services = servicesAt(window.location.origin);

const place = document.getElementById("root");
if (!place) throw new Error("the page has no root");
createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <Rpc services={services}>
        <Live>
          <RouterProvider router={router} />
        </Live>
      </Rpc>
    </MantineProvider>
  </StrictMode>,
);
