/** Has the Temporal SDK download a server into a folder: `node download.js dev-server|time-skipping FOLDER`. */
async function download(server: string, downloadDir: string): Promise<void> {
  // A development dependency: where the package is used from a registry it may be absent.
  const testing = await import('@temporalio/testing').catch(() => {
    throw new Error('the package @temporalio/testing is not installed');
  });
  const options = { server: { executable: { type: 'cached-download' as const, downloadDir } } };
  const environment =
    server === 'time-skipping'
      ? await testing.TestWorkflowEnvironment.createTimeSkipping(options)
      : await testing.TestWorkflowEnvironment.createLocal(options);
  await environment.teardown();
}

download(process.argv[2] ?? '', process.argv[3] ?? '').then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
