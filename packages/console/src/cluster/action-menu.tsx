import { Menu, MenuContent, MenuItem, MenuList } from '@patternfly/react-core';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useNavigate } from 'react-router';
import { sayMessage, useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useCaller } from '../live/session.ts';
import { mainElement } from '../shell/main-element.ts';
import { usePreferences } from '../shell/preferences.ts';
import { listActions, type MenuTarget } from './actions.ts';

/** A menu that is open: what it is about, where it stands, and what gets the focus back. */
export interface OpenMenu {
  readonly target: MenuTarget;
  readonly name: string;
  readonly at: { readonly x: number; readonly y: number };
  readonly opener: HTMLElement;
}

/** The menu of a server, a resource or an instance. What cannot be done now says why. */
export function ActionMenu({ menu, onClose }: { readonly menu: OpenMenu; readonly onClose: () => void }) {
  const say = useText();
  const { language } = usePreferences();
  const { status, connection } = useLive();
  const { role } = useCaller();
  const navigate = useNavigate();
  const { place, position } = useFittedPlace(menu);
  const close = (): void => {
    onClose();
    menu.opener.focus();
  };
  useCloseOutside(place, onClose);
  if (!status) return null;
  const situation = { status, role, isCurrent: connection === 'live' };
  const actions = listActions(menu.target, situation);
  return createPortal(
    <div
      ref={place}
      className="hf-menu"
      style={{ left: position.x, top: position.y }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' && event.key !== 'Tab') return;
        event.preventDefault();
        event.stopPropagation();
        close();
      }}
    >
      <Menu
        aria-label={say('cluster.actionsOf', { name: menu.name })}
        onSelect={(_, path) => {
          close();
          if (typeof path === 'string') void navigate(path);
        }}
      >
        <MenuContent>
          <MenuList aria-label={say('cluster.actionsOf', { name: menu.name })}>
            {actions.map(({ name, title, path, refusal }) => (
              <MenuItem
                key={name}
                itemId={path}
                isAriaDisabled={refusal !== undefined}
                description={refusal && sayMessage(refusal, language)}
              >
                {say(title)}
              </MenuItem>
            ))}
          </MenuList>
        </MenuContent>
      </Menu>
    </div>,
    mainElement(),
  );
}

/** Moves the menu to where all of it can be seen, and its first entry gets the focus. */
function useFittedPlace({ at }: OpenMenu): {
  readonly place: React.RefObject<HTMLDivElement | null>;
  readonly position: OpenMenu['at'];
} {
  const place = useRef<HTMLDivElement>(null);
  const [position, setPosition] = useState(at);
  useLayoutEffect(() => {
    const box = place.current?.getBoundingClientRect();
    if (!box) return;
    setPosition({
      x: Math.max(0, Math.min(at.x, innerWidth - box.width - 8)),
      y: Math.max(0, Math.min(at.y, innerHeight - box.height - 8)),
    });
    place.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
  }, [at]);
  return { place, position };
}

function useCloseOutside(place: React.RefObject<HTMLElement | null>, close: () => void): void {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    const onPress = ({ target }: Event): void => {
      if (!(target instanceof Node) || !place.current?.contains(target)) latest.current();
    };
    document.addEventListener('pointerdown', onPress, true);
    return () => document.removeEventListener('pointerdown', onPress, true);
  }, [place]);
}
