import { useEffect, useRef } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { usePages } from '../api/queries.ts';
import { LiveChip } from '../live/chip.tsx';
import { Button } from '../parts/button.tsx';
import { Icon } from '../parts/icon.tsx';
import { Mark } from './mark.tsx';
import { places } from './places.tsx';
import { useTheme } from './theme.ts';

/** The menu, and the page beside it. */
export function Shell({ email, signOut }: { email: string; signOut: () => void }) {
  const main = useRef<HTMLElement>(null);
  return (
    <div className="shell">
      <Button className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </Button>
      <header className="side">
        <Mark />
        <Menu />
        <div className="side-foot">
          <LiveChip />
          <ThemeButton />
          <Button kind="bare" onClick={signOut}>
            <Icon name="out" />
            <span className="button-text">Sign out</span>
          </Button>
          <span className="who" title={email}>
            {email}
          </span>
        </div>
      </header>
      <main className="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function Menu() {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const { data: has } = usePages();
  const shown = places.filter(({ needs }) => needs === undefined || has?.includes(needs) === true);
  // On a phone the menu is one line, longer than the screen.
  useEffect(() => {
    nav.current
      ?.querySelector('[aria-current=page]')
      ?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname, has]);
  return (
    <nav className="nav" ref={nav} aria-label="Pages">
      <ul>
        {shown.map(({ path, title, icon }) => (
          <li key={path}>
            <NavLink to={path} end={path === '/'}>
              <Icon name={icon} />
              {title}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function ThemeButton() {
  const { shown, toggle } = useTheme();
  const other = shown === 'dark' ? 'Light theme' : 'Dark theme';
  return (
    <Button kind="bare" onClick={toggle}>
      <Icon name={shown === 'dark' ? 'sun' : 'moon'} />
      <span className="button-text">{other}</span>
    </Button>
  );
}
