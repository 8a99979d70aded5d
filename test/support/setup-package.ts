import { buildIfStale } from './setup';

export default buildIfStale;
