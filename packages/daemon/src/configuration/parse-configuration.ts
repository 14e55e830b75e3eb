import {
  configurationFile,
  configurationFormat,
  createError,
  type ConfigurationFile,
} from '@holdfast/contract';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';

type Place = readonly PropertyKey[];

export interface ParsedConfiguration {
  readonly file: ConfigurationFile;
  /** The line of a field, or of the nearest thing around it that stands in the file. */
  lineOf(place: Place): number;
}

/** Reads an exported configuration. Throws HF-CFG-020 with line and field, or HF-CFG-021 for one of a newer form. */
export function parseConfiguration(text: string): ParsedConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const lineOf = (place: Place): number => lines.linePos(offsetOf(document, place)).line;
  const [error] = document.errors;
  if (error) {
    const { line } = lines.linePos(error.pos[0]);
    throw createError('HF-CFG-020', { line, field: 'YAML', problem: firstLine(error.message) });
  }
  const json: unknown = document.toJS({ maxAliasCount: 100 });
  const format = z.looseObject({ holdfast: z.int().min(configurationFormat + 1) }).safeParse(json);
  if (format.success)
    throw createError('HF-CFG-021', { found: format.data.holdfast, understood: configurationFormat });
  const parsed = configurationFile.safeParse(json);
  if (parsed.success) return { file: parsed.data, lineOf };
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const place = [...(issue?.path ?? []), ...unknown];
  throw createError('HF-CFG-020', {
    line: lineOf(place),
    field: formatPlace(place) || 'holdfast',
    problem: unknown.length > 0 ? 'unknown field' : (issue?.message ?? 'not valid'),
  });
}

export function formatPlace(place: Place): string {
  return place.map((part, index) => (index === 0 ? String(part) : `.${String(part)}`)).join('');
}

/** Where a field begins in the text: at its name. */
function offsetOf(document: Document, place: Place): number {
  for (let length = place.length; length > 0; length -= 1) {
    const around: unknown =
      length === 1 ? document.contents : document.getIn(place.slice(0, length - 1), true);
    const name = String(place[length - 1]);
    if (isMap(around)) {
      const key = around.items
        .map((pair) => pair.key)
        .find((one) => isScalar(one) && String(one.value) === name);
      if (isScalar(key) && key.range) return key.range[0];
    }
    const node: unknown = document.getIn(place.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
