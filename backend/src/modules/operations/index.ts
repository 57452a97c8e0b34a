import { defineModule } from '../../kernel/module/index.ts';
import { operationsSection } from './config.ts';
import { createPeople } from './people.ts';
import { createOperationsRepository } from './repository.ts';
import { operationsRoutes } from './routes.ts';
import { createSampler } from './sampler.ts';
import { createOperationsService } from './service.ts';

/** What an operator sees and does: the admin API behind the console. */
export const operations = defineModule({
  name: 'operations',
  config: operationsSection,
  migrations: new URL('./migrations/', import.meta.url),
  create({ db, admin, audit, logger, metrics }, { retentionHours }) {
    const repository = createOperationsRepository(db);
    const people = createPeople(repository);
    const sampler = createSampler({
      identity: admin.process,
      metrics,
      repository,
      retentionHours,
      logger,
    });
    const service = createOperationsService({
      admin,
      repository,
      people,
      ownProcess: () => sampler.process(),
      logger,
    });
    return {
      routes: operationsRoutes({ admin, audit, service, people, onChange: () => undefined }),
      start: () => {
        sampler.start();
      },
      dispose: () => sampler.stop(),
    };
  },
});
