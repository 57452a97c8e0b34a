import type { ComponentProps } from 'react';

type ButtonProps = ComponentProps<'button'> & {
  kind?: 'primary' | 'plain' | 'danger' | 'bare';
  /** Under way: says so and takes no further click, but keeps the focus. */
  busy?: boolean;
};

export function Button({
  kind = 'plain',
  busy = false,
  className,
  type = 'button',
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={['button', `button-${kind}`, className].filter(Boolean).join(' ')}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
