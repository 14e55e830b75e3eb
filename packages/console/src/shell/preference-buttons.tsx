import { Button } from '@patternfly/react-core';
import { MoonIcon } from '@patternfly/react-icons/dist/esm/icons/moon-icon';
import { SunIcon } from '@patternfly/react-icons/dist/esm/icons/sun-icon';
import { useText } from '../i18n/text.ts';
import { chooseLanguage, chooseTheme, usePreferences } from './preferences.ts';

/** Switches to the other language; its name stands in that language. */
export function LanguageButton() {
  const { language } = usePreferences();
  const [other, name] = language === 'en' ? (['ja', '日本語'] as const) : (['en', 'English'] as const);
  return (
    <Button variant="plain" className="hf-plain-text" lang={other} onClick={() => chooseLanguage(other)}>
      {name}
    </Button>
  );
}

export function ThemeButton() {
  const say = useText();
  const dark = usePreferences().theme === 'dark';
  return (
    <Button
      variant="plain"
      aria-label={say(dark ? 'shell.lightTheme' : 'shell.darkTheme')}
      icon={dark ? <SunIcon /> : <MoonIcon />}
      onClick={() => chooseTheme(dark ? 'light' : 'dark')}
    />
  );
}
