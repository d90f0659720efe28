/*
 * Giving memory back: what was touched once, at a start or in a burst, is not kept while nothing
 * happens. What is needed again comes back by itself, at the price of a page fault.
 */
#ifndef K3THREAD_CLI_BASE_MEMORY_RELEASE_H
#define K3THREAD_CLI_BASE_MEMORY_RELEASE_H

/* The program's code and the heap's free pages. */
void memory_release_process(void);

/* The calling thread's stack below the caller's frame. */
void memory_release_stack(void);

#endif
