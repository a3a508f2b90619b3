import { integer, secret, text } from '../setting.js';

export const API_SETTINGS = {
  API_HOST: text({
    default: '127.0.0.1',
    help: 'Address to listen on; any but loopback requires API_TOKEN.',
  }),
  API_PORT: integer({ default: 8420, min: 0, max: 65_535, help: 'Port; 0 takes any free one.' }),
  API_TOKEN: secret({ help: 'Bearer token that every call must carry, at least 16 characters.' }),
} as const;
