import { Joi, listOf, nullable, oneOf, optional, shape } from '../../kernel/schema/index.ts';
import { name, truth, words } from './schema.ts';

const choices = listOf(shape({ value: words(), label: words().allow('') }));

const field = shape({
  name: words(),
  label: words(),
  kind: oneOf('text', 'select', 'number'),
  required: truth(),
  help: nullable(words()),
  dependsOn: nullable(words()).description('The field whose value decides about the choices'),
  choices: nullable(choices).description(
    'Null where there are none, where they depend on another field, and where they cannot be read now',
  ),
});

export const actions = shape({
  actions: listOf(
    shape({
      name: words(),
      title: words(),
      description: words().allow(''),
      fields: listOf(field),
    }),
  ),
});

export const choicesQuery = shape({
  field: words().max(100),
  chosen: optional(words().max(300)).description('The value of the field it depends on'),
});
export const fieldChoices = shape({ choices });

export const actionParams = shape({ name: name() });
export const actionInput = Joi.object().unknown().description('As the action’s fields say');
export const actionResult = shape({ message: words(), jobId: nullable(words()) });
