/* Writes text into XML, so that the document is valid whatever the bytes are. */
#ifndef K3THREAD_CLI_SCRIPT_XML_H
#define K3THREAD_CLI_SCRIPT_XML_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * Adds SIZE bytes as the text of an element, or as the value of an attribute in double quotes.
 * Leaves out colours and other control sequences of a terminal. A byte that is not UTF-8, and a
 * character that XML does not allow, becomes U+FFFD.
 */
void xml_add(struct text *text, const char *bytes, size_t size);

/* Adds a blank and NAME="…" with the SIZE bytes. */
void xml_add_attribute(struct text *text, const char *name, const char *bytes, size_t size);

/* Adds an attribute likewise, with formatted text as its value. */
__attribute__((format(printf, 3, 4))) void xml_print_attribute(struct text *text, const char *name,
                                                               const char *format, ...);

#endif
