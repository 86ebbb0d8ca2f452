/** The exit code of an agent whose identity has ended (EX_NOPERM of sysexits.h): to start it again helps nothing. */
export const IDENTITY_ENDED = 77;
