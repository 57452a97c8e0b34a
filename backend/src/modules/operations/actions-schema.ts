import { Joi, listOf, nullable, oneOf, optional, shape } from '../../kernel/schema/index.ts';
import { name } from './schema.ts';

const choices = listOf(shape({ value: Joi.string(), label: Joi.string().allow('') }));

const field = shape({
  name: Joi.string(),
  label: Joi.string(),
  kind: oneOf('text', 'select', 'number'),
  required: Joi.boolean(),
  help: nullable(Joi.string()),
  dependsOn: nullable(Joi.string()).description('The field whose value decides about the choices'),
  choices: nullable(choices).description(
    'Null where there are none, where they depend on another field, and where they cannot be read now',
  ),
});

export const actions = shape({
  actions: listOf(
    shape({
      name: Joi.string(),
      title: Joi.string(),
      description: Joi.string().allow(''),
      fields: listOf(field),
    }),
  ),
});

export const choicesQuery = shape({
  field: Joi.string().max(100),
  chosen: optional(Joi.string().max(300)).description('The value of the field it depends on'),
});
export const fieldChoices = shape({ choices });

export const actionParams = shape({ name: name() });
export const actionInput = Joi.object().unknown().description('As the action’s fields say');
export const actionResult = shape({ message: Joi.string(), jobId: nullable(Joi.string()) });
