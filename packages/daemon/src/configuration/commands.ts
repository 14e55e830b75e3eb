/** Options of `holdfast set TAG` by the field that they set. */
const recoveryOptions: Readonly<Record<string, readonly [option: string, unit: string]>> = {
  attempts: ['attempts', ''],
  windowMs: ['window', 'ms'],
  restMs: ['rest', 'ms'],
  failovers: ['failovers', ''],
  failoverWindowMs: ['failover-window', 'ms'],
  quickEveryMs: ['quick-check', 'ms'],
  deepEveryMs: ['deep-check', 'ms'],
  quickDeadlineMs: ['quick-deadline', 'ms'],
  deepDeadlineMs: ['deep-deadline', 'ms'],
  badQuick: ['bad-quick-checks', ''],
  badDeep: ['bad-deep-checks', ''],
};

/**
 * The command that sets one value of the configuration, where there is one for it. `name` is that of a path, which the file
 * does not have.
 */
export function commandFor(
  place: readonly (string | number)[],
  after: unknown,
  name = '',
): string | undefined {
  const [area, first = '', ...rest] = place.map(String);
  switch (area) {
    case 'settings':
      return `holdfast set ${settingOption(first, rest, after)}`;
    case 'servers':
      return `holdfast server set ${first} --${toOption(rest[0] ?? '')} ${toWord(after)}`;
    case 'paths':
      return `holdfast path set ${name} --${toOption(rest[0] ?? '').replace(/-ms$/, '')} ${toWord(after)}${rest[0] === 'intervalMs' ? 'ms' : ''}`;
    case 'hierarchies':
      return hierarchyCommand(first, rest, after);
    default:
      return undefined;
  }
}

function settingOption(field: string, rest: readonly string[], after: unknown): string {
  return field === 'tunables'
    ? `--tunable ${rest[0] ?? ''}=${toWord(after ?? '')}`
    : `--${field} ${toWord(after)}`;
}

function hierarchyCommand(id: string, place: readonly string[], after: unknown): string | undefined {
  const [area = '', field = '', part = '', name = ''] = place;
  switch (area) {
    case 'priorities':
      return `holdfast set ${id} --priority ${field}=${toWord(after)}`;
    case 'maintenance':
      return `holdfast set ${id} --maintenance ${toWord(after)}`;
    case 'switchback':
      return field === 'healthyForMs'
        ? `holdfast set ${id} --switchback automatic --healthy ${toWord(after)}ms`
        : `holdfast set ${id} --switchback ${toWord(after)}`;
    case 'recovery':
      return field === 'localRecovery'
        ? `holdfast set ${id} --local-recovery ${toWord(after)}`
        : `holdfast set ${id} ${limitOption(field, after)}`;
    case 'resources':
      return resourceCommand({ tag: field, part, name, after });
    default:
      return undefined;
  }
}

function resourceCommand(one: {
  readonly tag: string;
  readonly part: string;
  readonly name: string;
  readonly after: unknown;
}): string | undefined {
  const { tag, part, name, after } = one;
  switch (part) {
    case 'checks':
      return `holdfast set ${tag} ${limitOption(name, after)}`;
    case 'tunables':
      return `holdfast set ${tag} --tunable ${name}=${toWord(after ?? '')}`;
    case 'parameters':
      return typeof after === 'object'
        ? undefined
        : `holdfast set ${tag} --parameter ${tag}.${name}=${toWord(after)}`;
    default:
      return undefined;
  }
}

function limitOption(field: string, after: unknown): string {
  const [option, unit] = recoveryOptions[field] ?? [field, ''];
  return `--${option} ${toWord(after)}${unit}`;
}

function toOption(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function toWord(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}
