import { Button, Modal, ModalBody, ModalFooter, ModalHeader, type ModalProps } from '@patternfly/react-core';
import { useId, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { useText } from '../i18n/text.ts';

/** Leaves a dialog that has an address of its own: the page beneath stays. */
export function useCloseDialog(page = '/'): () => void {
  const navigate = useNavigate();
  return () => void navigate(page);
}

/** A dialog over a page, with its actions and a way out. Closing it never ends what was begun. */
export function PageDialog(props: {
  readonly title: string;
  readonly children: ReactNode;
  /** Buttons before the one that closes. */
  readonly actions?: ReactNode;
  /** Nothing is left to be cancelled: the last button says "Close". */
  readonly isOver?: boolean;
  readonly onClose: () => void;
  readonly size?: ModalProps['variant'];
}) {
  const say = useText();
  const id = useId();
  const { title, children, actions, isOver = false, onClose, size = 'medium' } = props;
  return (
    <Modal variant={size} isOpen onClose={onClose} aria-labelledby={id}>
      <ModalHeader title={title} labelId={id} />
      <ModalBody tabIndex={0} aria-labelledby={id} role="region">
        {children}
      </ModalBody>
      <ModalFooter>
        {actions}
        <Button variant="link" onClick={onClose}>
          {say(isOver ? 'shell.close' : 'shell.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
