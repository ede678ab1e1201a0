import type { ComponentType } from "preact";
import { LocationProvider, Route, Router } from "preact-iso";
import { Apis } from "./pages/apis";
import { OneApi } from "./pages/api";
import { BindApi, EditApi } from "./pages/bind";
import { Certificates } from "./pages/certificates";
import { Explain } from "./pages/explain";
import { Files } from "./pages/files";
import { OneFunction } from "./pages/function";
import { AddFunction, EditFunction } from "./pages/function-form";
import { Functions } from "./pages/functions";
import { History } from "./pages/history";
import { Revision } from "./pages/revision";
import { Overview } from "./pages/overview";
import { Releases } from "./pages/releases";
import { Requests } from "./pages/requests";
import { OneService } from "./pages/service";
import { Services } from "./pages/services";
import { person } from "./session";
import { Login } from "./shell/login";
import { overviewLink } from "./shell/links";
import { Shell } from "./shell/shell";
import { text } from "./shell/text";
import { Empty, LinkButton, Page } from "./ui/parts";

function NotFound() {
  const t = text.value;
  return (
    <Page title={t.notFound}>
      <Empty icon="search" title={t.notFound}>
        <p>{t.notFoundText}</p>
        <LinkButton href={overviewLink()}>{t.toOverview}</LinkButton>
      </Empty>
    </Page>
  );
}

const PAGES: [string, ComponentType][] = [
  ["/console", Overview],
  ["/console/apis", Apis],
  ["/console/apis/:service/:api", OneApi],
  ["/console/apis/:service/:api/edit", EditApi],
  ["/console/bind", BindApi],
  ["/console/functions", Functions],
  ["/console/functions/:namespace/:function", OneFunction],
  ["/console/functions/:namespace/:function/edit", EditFunction],
  ["/console/add-function", AddFunction],
  ["/console/services", Services],
  ["/console/services/:service", OneService],
  ["/console/explain", Explain],
  ["/console/requests", Requests],
  ["/console/releases", Releases],
  ["/console/history", History],
  ["/console/history/:revision", Revision],
  ["/console/files", Files],
  ["/console/certificates", Certificates],
];

export function App() {
  if (!person.value) return <Login />;
  return (
    <LocationProvider scope="/console">
      <Shell>
        <Router>
          {PAGES.map(([path, component]) => (
            <Route path={path} component={component} />
          ))}
          <Route default component={NotFound} />
        </Router>
      </Shell>
    </LocationProvider>
  );
}
