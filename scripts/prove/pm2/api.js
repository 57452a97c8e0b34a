// PM2 takes a .ts file for one that another runtime has to run.
await import('../servers/probe.ts');
