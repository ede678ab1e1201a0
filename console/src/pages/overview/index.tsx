import { Failure, Loading, Page } from "../../ui/parts";
import { useOverview } from "./data";
import { Failing, Refusals } from "./failing";
import { FirstSteps, isNew } from "./first";
import { Instances, Services } from "./places";
import { Alarms, Counts, InUse, Problems, Warnings } from "./state";
import { text } from "./text";
import { Charts, Tiles } from "./traffic";
import "./page.css";

/** What the gateway does, and what needs somebody. */
export function Overview() {
  const t = text.value;
  const data = useOverview();
  const { status, routes, seen, silent, error } = data;
  return (
    <Page title={t.title} lead={t.lead}>
      {status && <Problems status={status} />}
      <Alarms {...data} />
      {status && <Warnings status={status} />}
      <Failure error={error} />
      {status && routes && isNew(status) && <FirstSteps status={status} routes={routes} called={seen.requests > 0} />}
      <Tiles {...data} />
      <Charts {...data} />
      <div class="overview-pairs">
        <div class="stack">
          <Failing {...data} />
          <Services {...data} />
        </div>
        <div class="stack">
          <Refusals {...data} />
          <Instances {...data} />
          {status && <InUse status={status} />}
        </div>
      </div>
      {status ? <Counts status={status} silent={silent.total} /> : !error && <Loading />}
    </Page>
  );
}
