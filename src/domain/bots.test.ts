import { describe, expect, it } from 'vitest';
import { BOT_NAMES, needsTorch, toBotName } from './bots.js';

describe('names of bots', () => {
  it('are known with and without _bot where people use both', () => {
    expect(toBotName('lstm_bot')).toBe('lstm');
    expect(toBotName('transformer_bot')).toBe('transformer');
  });

  it('stay as they are otherwise, known or not', () => {
    for (const name of [...BOT_NAMES, 'catboost_bot', 'nobody']) expect(toBotName(name)).toBe(name);
  });

  it('say whether the bot needs the extra', () => {
    expect(BOT_NAMES.filter(needsTorch)).toEqual(['lstm', 'transformer']);
    expect(needsTorch('nobody')).toBe(false);
  });
});
