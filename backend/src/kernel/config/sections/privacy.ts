import { defineSection, setting } from '../section.ts';
import { parsed } from '../value-kinds.ts';

const names = parsed(
  'a comma-separated list of names, such as nickname,favouriteColour',
  (text) => {
    const list = text.split(',').map((name) => name.trim());
    return list.every((name) => /^[\w.-]{2,64}$/.test(name))
      ? { value: list }
      : { problem: 'holds something that is no name' };
  },
);

export const privacySection = defineSection({
  owner: 'kernel/privacy',
  keys: {
    SCRUB_NAMES: setting(names, {
      doc: 'Fields whose values are personal in this application; never logged or reported, besides those that are known.',
      example: 'nickname,favouriteColour',
      optional: true,
    }),
  },
  settings: (values) => ({ names: values.SCRUB_NAMES ?? [] }),
});
