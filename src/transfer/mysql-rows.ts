import { CANDLE_TABLE } from '../../migrations/ddl.js';
import { candleTableOf, type MysqlLocation } from '../storage/engine/location.js';
import type { TableShape } from './table-shapes.js';

/** The table's name on the server, quoted: candles may lie in a table of another name. */
export function mysqlName(table: TableShape, location: MysqlLocation): string {
  return `\`${table.name === CANDLE_TABLE ? candleTableOf(location) : table.name}\``;
}

/** The row as a line, made by the server. */
export function lineSql(table: TableShape): string {
  const fields = table.columns.map(({ name, kind }) => {
    const column = `\`${name}\``;
    if (kind !== 'text') return `COALESCE(${column}, '\\\\N')`;
    const escaped = `REPLACE(REPLACE(REPLACE(${column}, '\\\\', '\\\\\\\\'), '\\t', '\\\\t'), '\\n', '\\\\n')`;
    return `COALESCE(${escaped}, '\\\\N')`;
  });
  return `CONCAT_WS('\\t', ${fields.join(', ')})`;
}
