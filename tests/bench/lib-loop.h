/* Loops compiled with and without safepoints. */
#ifndef LIB_LOOP_H
#define LIB_LOOP_H

void loop_with_safepoints(unsigned passes);
void loop_without(unsigned passes);

/* Computes until an exception, or *STOP, ends it. */
void spin_with_safepoints(void);
void spin_until(const volatile int *stop);

#endif
