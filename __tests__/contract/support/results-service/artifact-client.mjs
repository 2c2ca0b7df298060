// Makes one call of the real artifact client, which takes its settings from the environment only.
// Arguments: the method, then its arguments as JSON. The last line printed is the outcome as JSON.
import { DefaultArtifactClient } from '@actions/artifact';

const [method, ...callArguments] = process.argv.slice(2);
try {
  const value = await new DefaultArtifactClient()[method](
    ...callArguments.map((text) => JSON.parse(text)),
  );
  console.log(`\n${JSON.stringify({ value })}`);
} catch (error) {
  console.log(`\n${JSON.stringify({ error: `${error.name}: ${error.message}` })}`);
}
// The client leaves timers behind; its output is already written, since pipes are synchronous here.
process.exit();
