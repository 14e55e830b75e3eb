import {
  Dropdown,
  DropdownItem,
  DropdownList,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
  MenuToggle,
  NotificationBadge,
  PageToggleButton,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core';
import { UserIcon } from '@patternfly/react-icons/dist/esm/icons/user-icon';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useCaller } from '../live/session.ts';
import { ConnectionLabel } from './connection-banner.tsx';
import { LanguageButton, ThemeButton } from './preference-buttons.tsx';

export function ConsoleMasthead({
  navigating,
  onNavigate,
  onOperations,
}: {
  readonly navigating: boolean;
  readonly onNavigate: () => void;
  readonly onOperations: () => void;
}) {
  const say = useText();
  const { status } = useLive();
  const running = status?.hierarchies.filter(({ operation }) => operation !== null).length ?? 0;
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            isHamburgerButton
            aria-label={say('shell.navigation')}
            isSidebarOpen={navigating}
            onSidebarToggle={onNavigate}
          />
        </MastheadToggle>
        <MastheadBrand className="hf-brand">
          <Link to="/">
            <strong>Holdfast</strong> <span className="hf-cluster-name">{status?.cluster}</span>
          </Link>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isStatic>
          <ToolbarContent>
            <ToolbarGroup align={{ default: 'alignEnd' }} gap={{ default: 'gapNone', md: 'gapSm' }}>
              <ToolbarItem>
                <ConnectionLabel />
              </ToolbarItem>
              <ToolbarItem>
                <NotificationBadge
                  variant={running > 0 ? 'unread' : 'read'}
                  count={running}
                  aria-label={say('operations.title')}
                  onClick={onOperations}
                />
              </ToolbarItem>
              <ToolbarItem>
                <LanguageButton />
              </ToolbarItem>
              <ToolbarItem>
                <ThemeButton />
              </ToolbarItem>
              <ToolbarItem>
                <CallerMenu />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
}

/** Who is signed in, and the way out. */
function CallerMenu() {
  const say = useText();
  const { name, role } = useCaller();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const signOut = useMutation({
    mutationFn: () => callApi('logout'),
    // Nothing of what somebody saw stays in the browser.
    onSettled: () => {
      queries.clear();
      location.assign('/');
    },
  });
  const words = say(`role.${role}`);
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      popperProps={{ position: 'right' }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          icon={<UserIcon />}
          isExpanded={open}
          aria-label={say('shell.signedInAs', { name, role: words })}
          onClick={() => setOpen(!open)}
        >
          <span className="hf-caller">
            {name} ({words})
          </span>
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem isAriaDisabled description={words}>
          {name}
        </DropdownItem>
        <DropdownItem onClick={() => signOut.mutate()}>{say('shell.signOut')}</DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}
