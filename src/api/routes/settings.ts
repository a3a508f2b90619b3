import type { ApiContext } from '../context/api-context.js';
import { settingsAnswer } from '../contract/operation.js';
import type { Server } from '../http/new-server.js';

/** With which settings the daemon runs. */
export function settingRoutes(server: Server, { settings }: ApiContext): void {
  server.get(
    '/api/settings',
    {
      schema: {
        summary: 'Every setting: value, default and where it comes from; secrets only as set',
        response: { 200: settingsAnswer },
      },
    },
    () => ({
      settings: settings.map(({ isSecret, isOfVariants, ...shown }) => ({
        ...shown,
        is_secret: isSecret,
        of_variants: isOfVariants,
      })),
    }),
  );
}
