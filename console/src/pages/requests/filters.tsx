/** Filters of the tail, kept in the address. */
import { useEffect, useState } from "preact/hooks";
import { useList } from "../../api/query";
import type { Api, Service } from "../../api/schema";
import type { FilterName, Filters } from "../../api/tail";
import { ENVIRONMENTS, hostsOf, METHODS, useFunctionNames } from "../../objects/lists";
import { Button, SearchBox, Select } from "../../ui/parts";
import { text } from "./text";

const CHOICES = {
  status: ["2xx", "3xx", "4xx", "5xx", "404", "429", "499", "502", "503", "504"],
  slower_than: ["100ms", "300ms", "1s", "3s", "10s"],
  method: METHODS,
  environment: ENVIRONMENTS,
};
const FURTHER: FilterName[] = ["api", "function", "environment", "host"];

type Props = { filters: Filters; set: (changed: Filters) => void };

function SelectFilter({
  name,
  values,
  filters,
  set,
}: Props & { name: "status" | "slower_than" | "method" | "service" | "environment"; values: readonly string[] }) {
  const t = text.value;
  const value = filters[name] ?? "";
  const listed = value && !values.includes(value) ? [value, ...values] : values;
  const label = (one: string) => (name === "slower_than" ? t.slower(one) : one);
  return (
    <Select
      aria-label={t.filters[name]}
      value={value}
      onValue={(next) => set({ [name]: next })}
      choices={[{ value: "", label: t.any[name] }, ...listed.map((one) => ({ value: one, label: label(one) }))]}
    />
  );
}

/** Takes effect when it is left, or with Enter: half a name finds nothing. */
function TextFilter({ name, values, filters, set }: Props & { name: "api" | "function" | "host"; values: string[] }) {
  const value = filters[name] ?? "";
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const label = text.value.filters[name];
  return (
    <form
      class="tail-filter"
      onSubmit={(event) => {
        event.preventDefault();
        set({ [name]: typed.trim() });
      }}
    >
      <input
        class="input"
        aria-label={label}
        placeholder={label}
        list={`known-${name}`}
        value={typed}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={(event) => set({ [name]: event.currentTarget.value.trim() })}
      />
      <datalist id={`known-${name}`}>
        {values.map((one) => (
          <option value={one} />
        ))}
      </datalist>
    </form>
  );
}

function Further({ filters, set, services }: Props & { services: readonly Service[] }) {
  const functions = useFunctionNames();
  const apis = useList<Api>("/v1/apis", { service: filters.service }).items.map((api) => api.name);
  return (
    <div class="filters" id="more-filters">
      <TextFilter name="api" values={[...new Set(apis)].sort()} filters={filters} set={set} />
      <TextFilter name="function" values={functions ?? []} filters={filters} set={set} />
      <TextFilter name="host" values={hostsOf(services).filter((host) => !host.startsWith("*"))} filters={filters} set={set} />
      <SelectFilter name="environment" values={CHOICES.environment} filters={filters} set={set} />
    </div>
  );
}

export function FilterBar({
  filters,
  search,
  services,
  set,
  reset,
}: {
  filters: Filters;
  search: string;
  services: readonly Service[];
  set: (changed: Filters & { q?: string }) => void;
  reset: () => void;
}) {
  const t = text.value;
  const [wanted, setWanted] = useState(false);
  const needed = FURTHER.some((name) => filters[name]);
  const more = wanted || needed;
  const names = services.map((service) => service.name);
  return (
    <div class="stack tight">
      <div class="filters">
        <SearchBox label={t.search} value={search} onValue={(q) => set({ q })} />
        <SelectFilter name="status" values={CHOICES.status} filters={filters} set={set} />
        <SelectFilter name="slower_than" values={CHOICES.slower_than} filters={filters} set={set} />
        <SelectFilter name="method" values={CHOICES.method} filters={filters} set={set} />
        <SelectFilter name="service" values={names} filters={filters} set={set} />
        {!needed && (
          <Button kind="quiet" aria-expanded={more} aria-controls="more-filters" onClick={() => setWanted(!wanted)}>
            {more ? t.fewer : t.more}
          </Button>
        )}
        <Button kind="quiet" icon="cross" label={t.reset} disabled={!search && Object.keys(filters).length === 0} onClick={reset} />
      </div>
      {more && <Further filters={filters} set={set} services={services} />}
    </div>
  );
}
