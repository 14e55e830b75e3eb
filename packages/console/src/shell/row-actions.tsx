import { Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import { EllipsisVIcon } from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { sayMessage, useText, type Message } from '../i18n/text.ts';
import { usePreferences } from './preferences.ts';

export interface RowAction {
  readonly words: string;
  /** The address of the dialog that does it. */
  readonly path: string;
  /** Why it cannot be done now. */
  readonly refusal: Message | undefined;
}

/** What may be done with a row of a table; what may not be done now says why. */
export function RowActions(props: { readonly name: string; readonly actions: readonly RowAction[] }) {
  const say = useText();
  const navigate = useNavigate();
  const { language } = usePreferences();
  const [isOpen, setOpen] = useState(false);
  const { name, actions } = props;
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      popperProps={{ position: 'end' }}
      shouldFocusFirstItemOnOpen
      onSelect={(_, path) => {
        setOpen(false);
        if (typeof path === 'string') void navigate(path);
      }}
      toggle={(toggle) => (
        <MenuToggle
          ref={toggle}
          variant="plain"
          aria-label={say('cluster.actionsOf', { name })}
          icon={<EllipsisVIcon />}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        />
      )}
    >
      <DropdownList>
        {actions.map(({ words, path, refusal }) => (
          <DropdownItem
            key={path}
            value={path}
            isAriaDisabled={refusal !== undefined}
            {...(refusal && { description: sayMessage(refusal, language) })}
          >
            {words}
          </DropdownItem>
        ))}
      </DropdownList>
    </Dropdown>
  );
}
