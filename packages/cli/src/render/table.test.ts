import { expect, test } from 'vitest';
import { createPaint, displayWidth, renderTable } from './table.ts';

test('U-01 columns stand straight whatever the characters are', () => {
  const rows = [
    [{ text: 'サーバー' }, { text: 'x' }, { text: '' }],
    [{ text: 'a' }, { text: '' }, { text: '' }],
    [{ text: 'b' }, { text: 'y' }, { text: 'ｚ' }],
  ];
  expect(renderTable(rows, createPaint(false))).toBe('サーバー  x\na\nb         y  ｚ\n');
  expect(displayWidth('A漢字é')).toBe(6);
});

test('U-01 colours are written only where they are allowed, and take no room', () => {
  const rows = [
    [{ text: 'ok', colour: 'green' as const }, { text: '1' }],
    [{ text: 'failed', colour: 'red' as const }, { text: '2' }],
  ];
  expect(renderTable(rows, createPaint(false))).toBe('ok      1\nfailed  2\n');
  expect(renderTable(rows, createPaint(true))).toContain('\u001b[32mok\u001b[39m      1\n');
});
