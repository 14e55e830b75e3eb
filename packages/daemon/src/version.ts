import manifest from '../package.json' with { type: 'json' };

/** Version of this daemon, as `holdfast status` shows it. */
export const { version } = manifest;
