// The node's services, and what was asked of them, for every page.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useState } from "react";
import { problemOf } from "./problem.ts";
import type { Services } from "./services.ts";

const Reached = createContext<Services | undefined>(undefined);
const TRIES = 5;

export function Rpc({ services, children }: { services: Services; children: ReactNode }) {
  const [asked] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            retry: (count, error) => count < TRIES && problemOf(error).retryable,
            refetchOnWindowFocus: false,
            staleTime: 5_000,
          },
        },
      }),
  );
  return (
    <Reached value={services}>
      <QueryClientProvider client={asked}>{children}</QueryClientProvider>
    </Reached>
  );
}

export function useServices(): Services {
  const services = useContext(Reached);
  if (!services) throw new Error("useServices outside of Rpc");
  return services;
}
