import { settingTexts, type SettingBody, type SettingName, type SettingText } from '@holdfast/contract';
import { defaultChecks, defaultRecovery, type Hierarchy, type Resource } from '@holdfast/core';

/** What is set for a hierarchy as a whole. */
export function ofHierarchy(hierarchy: Hierarchy): readonly SettingBody[] {
  const { recovery, switchback, maintenance } = hierarchy;
  const own = (name: SettingName, value: SettingBody['value'], standard: SettingBody['value']): SettingBody =>
    setting(name, value, { source: value === standard ? 'default' : 'hierarchy' });
  return [
    own('maintenance', maintenance, false),
    own('switchback', switchback.kind, 'intelligent'),
    ...(switchback.kind === 'automatic' ? [own('healthy', switchback.healthyForMs, '')] : []),
    own('local-recovery', recovery.localRecovery, defaultRecovery.localRecovery),
    own('attempts', recovery.attempts, defaultRecovery.attempts),
    own('window', recovery.windowMs, defaultRecovery.windowMs),
    own('rest', recovery.restMs, defaultRecovery.restMs),
    own('failovers', recovery.failovers, defaultRecovery.failovers),
    own('failover-window', recovery.failoverWindowMs, defaultRecovery.failoverWindowMs),
  ];
}

const checkNames = {
  'quick-check': 'quickEveryMs',
  'quick-deadline': 'quickDeadlineMs',
  'bad-quick-checks': 'badQuick',
  'deep-check': 'deepEveryMs',
  'deep-deadline': 'deepDeadlineMs',
  'bad-deep-checks': 'badDeep',
} as const satisfies Partial<Record<SettingName, keyof Resource['checks']>>;

/** When a resource is checked, and what counts. */
export function ofChecks({ tag, checks }: Resource): readonly SettingBody[] {
  const names = Object.keys(checkNames) as (keyof typeof checkNames)[];
  return names.map((name) => {
    const field = checkNames[name];
    const source = checks[field] === defaultChecks[field] ? 'default' : 'resource';
    return setting(name, checks[field], { source, tag });
  });
}

/** One setting in its own words. */
export function setting(
  name: SettingName,
  value: SettingBody['value'],
  more: { readonly source: SettingBody['source']; readonly tag?: string },
): SettingBody {
  const { label, help, unit, effect }: SettingText = settingTexts[name];
  return {
    name,
    tag: more.tag ?? null,
    value,
    unit: unit ? { ...unit } : null,
    source: more.source,
    effect: { ...effect },
    label: { ...label },
    help: { ...help },
    minimum: null,
    warning: null,
  };
}
