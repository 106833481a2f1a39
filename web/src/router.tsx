import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { withOffice } from "./i18n.ts";
import { Desktop } from "./pages/Desktop.tsx";
import { NotFound } from "./pages/NotFound.tsx";
import { SeatPage } from "./pages/Seat.tsx";
import { Shell } from "./shell/Shell.tsx";

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Shell, notFoundComponent: NotFound });
const at = <P extends string>(path: P) => ({ getParentRoute: () => root, path }) as const;

const mailPages = () => import("./pages/Mail.tsx");

const routes = [
  createRoute({ ...at("/"), component: Desktop }),
  createRoute({ ...at("/seat"), component: SeatPage }),
  createRoute({ ...at("/mail"), component: lazyRouteComponent(mailPages, "MailPage") }),
  createRoute({ ...at("/mail/$caseId"), component: lazyRouteComponent(mailPages, "MailPage") }),
  createRoute({ ...at("/calls"), component: lazyRouteComponent(() => withOffice(import("./pages/Calls.tsx")), "CallsPage") }),
  createRoute({ ...at("/measures"), component: lazyRouteComponent(() => withOffice(import("./pages/Measures.tsx")), "MeasuresPage") }),
  createRoute({ ...at("/simulation"), component: lazyRouteComponent(() => withOffice(import("./pages/Simulation.tsx")), "SimulationPage") }),
  createRoute({ ...at("/callbacks"), component: lazyRouteComponent(() => withOffice(import("./pages/Callbacks.tsx")), "CallbacksPage") }),
  createRoute({ ...at("/flows"), component: lazyRouteComponent(() => withOffice(import("./pages/Flows.tsx")), "FlowsPage") }),
  createRoute({ ...at("/prompts"), component: lazyRouteComponent(() => withOffice(import("./pages/Prompts.tsx")), "PromptsPage") }),
  createRoute({ ...at("/recordings"), component: lazyRouteComponent(() => withOffice(import("./pages/Recordings.tsx")), "RecordingsPage") }),
  createRoute({ ...at("/archive"), component: lazyRouteComponent(() => withOffice(import("./pages/Archive.tsx")), "ArchivePage") }),
  createRoute({ ...at("/grants"), component: lazyRouteComponent(() => withOffice(import("./pages/Grants.tsx")), "GrantsPage") }),
  createRoute({ ...at("/people"), component: lazyRouteComponent(() => withOffice(import("./pages/People.tsx")), "PeoplePage") }),
  createRoute({ ...at("/log"), component: lazyRouteComponent(() => withOffice(import("./pages/Log.tsx")), "LogPage") }),
  createRoute({ ...at("/attest"), component: lazyRouteComponent(() => withOffice(import("./pages/Attest.tsx")), "AttestPage") }),
  createRoute({ ...at("/wallboard"), component: lazyRouteComponent(() => import("./pages/Wallboard.tsx"), "WallboardPage") }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  context: { client: undefined! },
  defaultPreload: "intent",
  defaultPendingMs: 300,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
