import { type Infer, Joi, listOf, oneOf, shape, text, uuid } from '../../kernel/schema/index.ts';

const step = Joi.number().integer().min(0).max(100);
const messageText = text(1, 1000);

export const inRecipe = shape({ recipeId: uuid() });
export const inSession = shape({ sessionId: uuid() });
export const nextStep = shape({ sessionId: uuid(), fromStep: step });
export const newMessage = shape({ sessionId: uuid(), text: messageText });

export const cookingSession = shape({
  id: uuid(),
  recipeId: uuid(),
  hostId: uuid(),
  currentStep: step.description('Counted from 0'),
  stepCount: step,
  status: oneOf('active', 'ended'),
  createdAt: Joi.date().iso(),
});

export const cookingMessage = shape({
  id: uuid(),
  sessionId: uuid(),
  userId: uuid(),
  text: messageText,
  createdAt: Joi.date().iso(),
});

export const cookingState = shape({
  session: cookingSession,
  participants: listOf(shape({ userId: uuid(), joinedAt: Joi.date().iso() })),
  messages: listOf(cookingMessage).description('The last 50, oldest first'),
});

/** What participants are told: published as kernel event `cooking.<name>`, sent to the room as `cooking:<name>`. */
export const cookingChanges = {
  'participant-joined': shape({ sessionId: uuid(), userId: uuid() }),
  'participant-left': shape({ sessionId: uuid(), userId: uuid() }),
  'step-changed': shape({ sessionId: uuid(), currentStep: step }),
  message: cookingMessage,
  ended: shape({ sessionId: uuid(), reason: oneOf('host-left', 'recipe-deleted') }),
};

export type CookingSession = Infer<typeof cookingSession>;
export type CookingMessage = Infer<typeof cookingMessage>;
export type CookingState = Infer<typeof cookingState>;
export type CookingChanges = {
  [N in keyof typeof cookingChanges]: Infer<(typeof cookingChanges)[N]>;
};
