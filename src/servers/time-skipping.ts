import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillCache } from './cache';
import {
  build,
  fromCache,
  fromEnvironment,
  fromSdkDownload,
  type Log,
  logToStderr,
  makeExecutable,
  mustRun,
  obtain,
  type Way,
} from './obtain';

const FILE = 'temporal-test-server';
const VERSION = '1.38.0';
const DOWNLOADED = 'temporal-test-server-downloaded';
const BUILT = `temporal-test-server-${VERSION}`;

/**
 * The path of Temporal's time-skipping test server, for `TestWorkflowEnvironment.createTimeSkipping` as
 * `server: {executable: {type: 'existing-path', path}}`.
 */
export async function timeSkippingServer(options: { log?: Log } = {}): Promise<string> {
  return await obtain(
    'time-skipping test server',
    [
      fromEnvironment('TEMPORAL_TEST_SERVER_PATH'),
      fromCache([DOWNLOADED, BUILT], FILE),
      fromSdkDownload('time-skipping', DOWNLOADED, FILE),
      maven,
    ],
    'install Java 11 or later and Maven, or set TEMPORAL_TEST_SERVER_PATH to a temporal-test-server executable.',
    options.log ?? logToStderr,
  );
}

const maven: Way = {
  name: `Maven's io.temporal:temporal-test-server:${VERSION}`,
  announce: `Fetching io.temporal:temporal-test-server:${VERSION} and what it needs (38 MB) with Maven`,
  async get(log) {
    await mustRun('java', ['-version'], 'Java is not installed');
    await mustRun('mvn', ['-version'], 'Maven is not installed');
    return await fillCache(BUILT, FILE, async (folder) => {
      await mkdir(join(folder, 'lib'));
      await writeFile(join(folder, 'pom.xml'), POM);
      const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
      await build('mvn', ['-q', '-B', '-f', 'pom.xml', goal, '-DoutputDirectory=lib'], log, { cwd: folder });
      await writeFile(join(folder, FILE), WRAPPER);
      await makeExecutable(join(folder, FILE));
    });
  },
};

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>temporal-test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

const WRAPPER = `#!/bin/sh
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;
