const naming = /password|passwd|secret|token/i;

/**
 * A command as it may be kept on record: without what its words name as a secret, `--password=…`, `--password …`,
 * `PGPASSWORD=…` and `scheme://user:…@host`. What is not named as one cannot be known.
 */
export function maskSecrets(command: readonly string[]): readonly string[] {
  return command.map((word, index) => {
    const before = command[index - 1] ?? '';
    if (index > 1 && before.startsWith('-') && !before.includes('=') && naming.test(before)) return '***';
    const [name = '', ...value] = word.split('=');
    if (value.length > 0 && naming.test(name)) return `${name}=***`;
    return word.replaceAll(/(:\/\/[^/:@\s]*):[^@\s]*@/g, '$1:***@');
  });
}
