import { useEffect, useRef, useState } from 'react';

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, title: string])[];
  onChange: (value: T) => void;
}

/** One of a few, all of them in sight. */
export function Segments<T extends string>({ label, value, choices, onChange }: SegmentsProps<T>) {
  // What was chosen shows at once, though the address that says so changes a little later.
  const [chosen, setChosen] = useState(value);
  useEffect(() => {
    setChosen(value);
  }, [value]);
  // On a phone it may be longer than the screen.
  const set = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    set.current
      ?.querySelector(':checked')
      ?.parentElement?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [chosen]);
  return (
    <fieldset ref={set} className="segments" aria-label={label}>
      {choices.map(([choice, title]) => (
        <label key={choice}>
          <input
            type="radio"
            name={label}
            checked={choice === chosen}
            onChange={() => {
              setChosen(choice);
              onChange(choice);
            }}
          />
          {title}
        </label>
      ))}
    </fieldset>
  );
}
