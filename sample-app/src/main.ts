import { about } from './pages/about.js';
import { startSampleApp } from './sample-app.js';

try {
  const { app, url, environment, sending } = await startSampleApp(process.env);
  app.enableShutdownHooks([], { useProcessExit: true });
  console.log(`Corner Shop: open ${url} — ${about(environment.AWS_REGION, sending)}`);
} catch (error) {
  console.error(`Corner Shop did not start. ${explain(error)}`);
  process.exit(1);
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' ? `${message}. Set PORT to another one.` : message;
}
