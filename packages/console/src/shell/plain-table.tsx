import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { ReactNode } from 'react';

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** Stays in one line. */
  readonly isShort?: boolean;
}

/** A table to read; on a narrow screen each row becomes a card. */
export function PlainTable<T>(props: {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** Instead of an empty table. */
  readonly empty: string;
}) {
  const { label, columns, rows, keyOf, empty } = props;
  if (rows.length === 0) return <p>{empty}</p>;
  return (
    <Table aria-label={label} variant="compact">
      <Thead>
        <Tr>
          {columns.map(({ title }) => (
            <Th key={title} modifier="wrap">
              {title}
            </Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={keyOf(row)}>
            {columns.map(({ title, cell, isShort }) => (
              <Td key={title} dataLabel={title} {...(isShort && { modifier: 'nowrap' })}>
                {cell(row)}
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
