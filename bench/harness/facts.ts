/** What is measured without anything to compare it with, such as sizes. */
export interface Facts {
  title: string;
  /** The first names the rows. */
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

/** Shows facts, and keeps them for `--json`. */
export type Tell = (facts: Facts) => void;
