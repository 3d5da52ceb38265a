import { Transform } from 'class-transformer';

/** Takes the blanks off both ends of a text; leaves everything else for the validator to refuse. */
export function Trim(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));
}
