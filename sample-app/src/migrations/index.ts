import { Shop1764000000000 } from './1764000000000-shop.js';

/** The shop's own migrations, oldest first. */
export const shopMigrations = [Shop1764000000000];
