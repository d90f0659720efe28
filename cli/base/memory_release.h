/*
 * Gives memory back to the kernel: an idle process need not keep the pages that it has touched once, at a start
 * or in a burst. A page that is needed again comes back by itself, by a page fault.
 */
#ifndef K3THREAD_CLI_BASE_MEMORY_RELEASE_H
#define K3THREAD_CLI_BASE_MEMORY_RELEASE_H

/* Gives back the program's code and the heap's free pages. */
void memory_release_process(void);

/* Gives back the calling thread's stack below the caller's frame. */
void memory_release_stack(void);

#endif
