import { languages, type Language } from '@holdfast/contract';
import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

/** How this browser wants the console: what its user chose here before, else what the browser says. */
export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
}

const languageKey = 'holdfast.language';
const themeKey = 'holdfast.theme';
const darkSystem = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
// A browser may forbid storage: then a choice holds until the page is closed.
const unstored = new Map<string, string>();
let current = readPreferences();

/** The preferences, current in every component that asks. */
export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}

export function chooseLanguage(language: Language): void {
  remember(languageKey, language);
}

export function chooseTheme(theme: Theme): void {
  remember(themeKey, theme);
}

function readPreferences(): Preferences {
  const preferred = navigator.languages.map((name) => name.slice(0, 2));
  const language =
    languages.find((name) => name === recall(languageKey)) ??
    preferred.flatMap((name) => languages.find((known) => known === name) ?? [])[0] ??
    'en';
  const stored = recall(themeKey);
  const system = darkSystem.matches ? 'dark' : 'light';
  return { language, theme: stored === 'light' || stored === 'dark' ? stored : system };
}

function apply(): void {
  current = readPreferences();
  const { documentElement } = document;
  documentElement.lang = current.language;
  documentElement.classList.toggle('pf-v6-theme-dark', current.theme === 'dark');
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function remember(key: string, value: string): void {
  unstored.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // Kept above.
  }
  apply();
}

function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? unstored.get(key);
  } catch {
    return unstored.get(key);
  }
}

darkSystem.addEventListener('change', apply);
// Another window of the same browser has chosen.
addEventListener('storage', apply);
apply();
