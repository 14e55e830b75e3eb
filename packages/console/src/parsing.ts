import { z } from 'zod';

/** The content security policy forbids making code from texts: schemas are walked instead. Comes before every schema. */
z.config({ jitless: true });
