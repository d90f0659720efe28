/* Splits the word LIBRARY:FUNCTION of `start --call`. */
#ifndef K3THREAD_CLI_BASE_CALL_WORD_H
#define K3THREAD_CLI_BASE_CALL_WORD_H

/* Returns the FUNCTION in WORD, which is behind the last colon; NULL if WORD is not LIBRARY:FUNCTION. */
const char *call_word_function(const char *word);

#endif
