/** Named errors: every message is one line that names the file, flag or value and says what would be right. */

/** Base class of everything papilio throws on purpose. */
export class PapilioError extends Error {
  override name = 'PapilioError';

  /** A message may quote what a file says: line ends and control characters become spaces, so that it stays one line. */
  constructor(message: string, options?: ErrorOptions) {
    // oxlint-disable-next-line no-control-regex
    super(message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' '), options);
  }
}

/** A value, flag or option is outside what its contract allows. */
export class InvalidArgumentError extends PapilioError {
  override name = 'InvalidArgumentError';
}

/** Bytes of a file do not follow its format. */
export class FileFormatError extends PapilioError {
  override name = 'FileFormatError';
}

/** An op, dtype or size that the chosen backend does not have; nothing is substituted silently. */
export class UnsupportedError extends PapilioError {
  override name = 'UnsupportedError';
}

/** A graph or kernel breaks a rule of the intermediate representation. */
export class IllegalGraphError extends PapilioError {
  override name = 'IllegalGraphError';
}

/** A number in fixed point has left its range. */
export class OverflowError extends PapilioError {
  override name = 'OverflowError';
}

/** No way to compute something keeps to the stated errors, or to the memory it may take; the message says what can be reached. */
export class UnreachableBudgetError extends PapilioError {
  override name = 'UnreachableBudgetError';
}

/** A GPU device is gone, with all that was made on it; plan again on a new one. */
export class DeviceLostError extends PapilioError {
  override name = 'DeviceLostError';
}
