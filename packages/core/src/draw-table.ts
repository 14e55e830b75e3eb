import { hierarchyTable, type HierarchyFacts, type Row } from './hierarchy-table.ts';

const factNames: readonly (keyof HierarchyFacts)[] = [
  'lease',
  'store',
  'extended',
  'owner',
  'desired',
  'target',
  'activity',
  'health',
  'takeover',
  'maintenance',
  'failover',
  'switchback',
];

const introduction = `# Decision table

What a server does for one hierarchy, decided anew in every round. The first row whose conditions all hold is taken; an
empty cell holds always. The row's name is the reason that is logged and that \`holdfast explain\` shows. This page is made
from \`packages/core/src/hierarchy-table.ts\`.

| fact | means |
|---|---|
| lease | is this server's lease good: may it act until it is next renewed (S2)? |
| store | was the store read within one lease time (S5)? |
| extended | may this server run the hierarchy, by the configuration? |
| owner | who has the ownership key |
| desired | what an operator wants |
| target | where a move that is under way leads; \`unable\`: that server cannot take it |
| activity | what this server knows of the instances that it has: one that may be active makes all of it active |
| health | has this server given the hierarchy up in this term, and would the cause follow the data? |
| takeover | may this server take a hierarchy that nobody has: now, when its turn comes, once an operator has confirmed it, when it has moved less often, or not |
| maintenance | is it only watched (R-07)? |
| failover | may what failed here leave this server by itself: not from a blocked server (R-07), and not after too many moves (R-09) |
| switchback | is it time to return to a more preferred server (H-05)? |
`;

/** The page \`docs/reference/decision-table.md\`: every row of the table as it is. */
export function drawHierarchyTable(): string {
  const head = ['row', ...factNames, 'then', 'reason'];
  const lines = hierarchyTable.map((row) => [
    String(row.number),
    ...factNames.map((name) => drawCondition(row, name)),
    `**${row.then}**`,
    `\`${row.name}\``,
  ]);
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  return `${introduction}\n${table.join('\n')}\n`;
}

function drawCondition(row: Row, name: keyof HierarchyFacts): string {
  return row.when[name]?.join(' or ') ?? '';
}
