import { useText } from '../i18n/text.ts';

/** The kits that come with Holdfast have names for people; another is called by its own. */
export function useKitName(): (kit: string) => string {
  const say = useText();
  return (kit) => {
    switch (kit) {
      case 'postgresql':
        return say('kit.postgresql');
      case 'volume':
        return say('kit.volume');
      case 'ip':
        return say('kit.ip');
      default:
        return kit;
    }
  };
}
