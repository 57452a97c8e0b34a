import { defineModule } from '../../kernel/module/index.ts';
import { operationsSection } from './config.ts';
import { createLive } from './live.ts';
import { createPeople } from './people.ts';
import { createOperationsRepository } from './repository.ts';
import { operationsRoutes } from './routes.ts';
import { createSampler } from './sampler.ts';
import { createOperationsService } from './service.ts';
import { watchEvents, watchRooms } from './sockets.ts';
import { topicsOf } from './topics.ts';

/** What an operator sees and does: the admin API behind the console. */
export const operations = defineModule({
  name: 'operations',
  config: operationsSection,
  migrations: new URL('./migrations/', import.meta.url),
  create({ db, admin, audit, broadcast, events, realtime, logger, metrics }, settings) {
    const repository = createOperationsRepository(db);
    const people = createPeople(repository);
    const live = createLive({ admin, broadcast, events, realtime, metrics, logger });
    const sampler = createSampler({
      identity: admin.process,
      metrics,
      repository,
      ...settings,
      onWritten: () => {
        live.note(['overview']);
      },
      logger,
    });
    const service = createOperationsService({
      admin,
      repository,
      people,
      ownProcess: () => sampler.process(),
      sampleSeconds: settings.sampleSeconds,
      logger,
    });
    return {
      routes: operationsRoutes({
        admin,
        audit,
        service,
        people,
        onChange: (action) => {
          live.note(topicsOf(action));
        },
      }),
      socketEvents: watchEvents(live),
      socketRooms: [watchRooms],
      start: () => {
        sampler.start();
        live.start();
      },
      dispose: () => {
        live.stop();
        return sampler.stop();
      },
    };
  },
});
