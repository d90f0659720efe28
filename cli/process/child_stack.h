/*
 * Makes the stacks of children between clone(2) and exec, each with a guard page below it: a child that needed more
 * would end instead of writing into the supervisor's memory. Any thread may call these functions.
 *
 * A few stacks are kept for the next children, because on a new stack each page costs a page fault.
 */
#ifndef K3THREAD_CLI_PROCESS_CHILD_STACK_H
#define K3THREAD_CLI_PROCESS_CHILD_STACK_H

/* Returns a stack's upper end, for clone(2), or NULL without memory. */
void *child_stack_take(void);

/* Gives back a stack that child_stack_take() returned, when no child runs on it. NULL is fine. */
void child_stack_give(void *end);

/* Frees the stacks that are kept. */
void child_stack_trim(void);

#endif
