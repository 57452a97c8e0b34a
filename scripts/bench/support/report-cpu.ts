/** Loaded into a measured server before its own code: says how much CPU time the process has used when it is asked. */
process.on('message', (message) => {
  if (message === 'cpu') process.send?.({ cpu: process.cpuUsage() });
});
process.channel?.unref();
