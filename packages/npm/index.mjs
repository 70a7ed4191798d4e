import wowsql from './index.js';

export const { getLoadablePath, load } = wowsql;
