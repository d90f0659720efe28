/* Prints messages on standard error. */
#ifndef K3THREAD_CLI_VIEW_MESSAGE_H
#define K3THREAD_CLI_VIEW_MESSAGE_H

#include "cli/base/text.h"

#include <stdarg.h>
#include <stddef.h>

/*
 * Prints one line: "k3thread: COMMAND: TYPE: MESSAGE". COMMAND and TYPE may be NULL or "". Control
 * characters are escaped, so that a message stays one line.
 */
__attribute__((format(printf, 3, 4))) void message_print(const char *command, const char *type,
                                                         const char *format, ...);
__attribute__((format(printf, 3, 0))) void message_vprint(const char *command, const char *type,
                                                          const char *format, va_list arguments);

/* Prints the sentence WHY, or "out of memory" if WHY has failed. */
void message_print_text(const char *command, const char *type, const struct text *why);

/* Prints that memory is lacking. */
void message_no_memory(const char *command);

/* Makes all further messages begin with "FILE:LINE: ". FILE is borrowed; NULL ends that. */
void message_set_origin(const char *file, size_t line);

/* Return and set the line that messages begin with. */
size_t message_line(void);
void   message_set_line(size_t line);

/* Appends "FILE:LINE: " if messages begin with it. */
void message_add_origin(struct text *text);

/*
 * Makes the next message wait: message_print_held() prints it, message_drop_held() drops it, because a better one was
 * printed in its place. Both do nothing if no message waits.
 */
void message_hold_next(void);
void message_print_held(void);
void message_drop_held(void);

/* Returns the number of messages that this process has printed or holds. */
unsigned message_count(void);

#endif
