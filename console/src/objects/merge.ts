/** Two changes of one object at a time. */

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

export type Merged<F> = {
  form: F;
  /** Fields that both changed, each to another value: they stay as they were typed. */
  both: string[];
};

/** `base` is what a form was opened with: fields that were not touched become those of somebody else. */
export function merge<F extends object>(base: F, mine: F, theirs: F): Merged<F> {
  const keys = Object.keys(mine) as (keyof F & string)[];
  const touched = keys.filter((key) => !isSame(mine[key], base[key]));
  const form = { ...theirs, ...Object.fromEntries(touched.map((key) => [key, mine[key]])) };
  return { form, both: touched.filter((key) => !isSame(theirs[key], base[key]) && !isSame(theirs[key], mine[key])) };
}
