import { useMemo } from 'react';
import { usePreferences } from '../shell/preferences.ts';

export interface Formats {
  /** Date and time of an ISO text, in the browser's time zone. */
  readonly time: (iso: string) => string;
  readonly clock: (iso: string) => string;
  readonly number: (value: number) => string;
  /** A duration in milliseconds. */
  readonly milliseconds: (valueMs: number) => string;
}

/** Dates and numbers as the chosen language writes them. */
export function useFormats(): Formats {
  const { language } = usePreferences();
  return useMemo(() => createFormats(language), [language]);
}

function createFormats(language: string): Formats {
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: 'millisecond',
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  });
  const long = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'short',
    maximumFractionDigits: 2,
  });
  return {
    time: (iso) => time.format(new Date(iso)),
    clock: (iso) => clock.format(new Date(iso)),
    number: (value) => number.format(value),
    milliseconds: (valueMs) => (valueMs < 1000 ? short.format(valueMs) : long.format(valueMs / 1000)),
  };
}
