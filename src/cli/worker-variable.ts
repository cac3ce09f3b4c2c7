/** Marks a process as a worker of `papilio features`: its settings as JSON. Read before anything else is loaded. */
export const workerVariable = 'PAPILIO_WORKER';
