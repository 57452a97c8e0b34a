import { defineModule } from '../../kernel/module/index.ts';
import { abandonedJob } from './abandoned.ts';
import { catalogActions } from './admin.ts';
import { createCertificateRepository } from './certificate-repository.ts';
import { createCertificateService } from './certificate-service.ts';
import { catalogSection } from './config.ts';
import { syncJobs } from './job-kinds.ts';
import { catalogJobs } from './jobs.ts';
import { createJustTcg } from './justtcg.ts';
import { createPsa } from './psa.ts';
import { createCatalogRepository } from './repository.ts';
import { catalogRoutes } from './routes.ts';
import { createCatalogService } from './service.ts';
import { relayProgress, syncEvents, syncRooms } from './sockets.ts';
import { createSourceLists } from './source-lists.ts';
import { createSyncRepository } from './sync-repository.ts';
import { syncRoutes } from './sync-routes.ts';
import { createSyncRun } from './sync-run.ts';
import { createSyncService, shown } from './sync-service.ts';
import { createUpsertTimer } from './upsert-metrics.ts';

/** Trading cards and their prices, synchronised from JustTCG, and certificates of PSA. */
export const catalog = defineModule({
  name: 'catalog',
  config: catalogSection,
  migrations: new URL('./migrations/', import.meta.url),
  create({ db, events, realtime, jobs, cache, providers, metrics, logger }, settings) {
    const justtcg =
      settings.justtcg.kind === 'on' ? createJustTcg(settings.justtcg, providers) : undefined;
    const psa = settings.psa.kind === 'on' ? createPsa(settings.psa, providers) : undefined;
    const lists = createSourceLists(justtcg, cache);
    const syncs = createSyncRepository(db);
    const timer = createUpsertTimer(metrics);

    const service = createCatalogService({ catalog: createCatalogRepository(db) });
    const syncService = createSyncService({
      syncs,
      lists,
      events,
      // By the synchronisation and not by its set: the job of one that has failed is in no other one's way.
      enqueue: (kind, syncId, tx) => jobs.enqueue(syncJobs[kind], { syncId }, { key: syncId, tx }),
    });
    const certificates = createCertificateService({
      psa,
      certificates: createCertificateRepository(db),
      caches: cache,
      logger,
    });
    return {
      routes: [...catalogRoutes(service, certificates), ...syncRoutes(syncService)],
      socketEvents: syncEvents(syncService),
      socketRooms: [syncRooms(syncService)],
      jobs: [
        ...catalogJobs(createSyncRun({ syncs, lists, events, logger, timer })),
        abandonedJob({
          syncs,
          jobs,
          logger,
          announce: (sync) => {
            events.publish('catalog.sync-progress', shown(sync));
          },
        }),
      ],
      adminActions: catalogActions(syncService),
      dispose: relayProgress(events, realtime),
    };
  },
});
