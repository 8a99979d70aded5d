/** Downloads a server with the Temporal SDK: `node download.js dev-server|time-skipping FOLDER`. */
async function download(server: string, downloadDir: string): Promise<void> {
  // A development dependency, which may be missing if the package was installed from a registry.
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
