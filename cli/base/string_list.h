/* A list of strings in the memory of the heap. */
#ifndef K3THREAD_CLI_BASE_STRING_LIST_H
#define K3THREAD_CLI_BASE_STRING_LIST_H

/* Frees STRINGS, up to the NULL at their end, and the list itself, which may be NULL. */
void string_list_free(char **strings);

#endif
