import type { ReactNode } from 'react';

export function OperationsDrawer({
  children,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return <>{children}</>;
}
