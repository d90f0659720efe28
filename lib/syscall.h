/* Makes the interruptible system call, whose code is in syscall.S. */
#ifndef K3THREAD_SYSCALL_H
#define K3THREAD_SYSCALL_H

/* Outside of errno's range: no system call returns it. */
#define K3T_INTERRUPTED (-4096)

/* The bits of *WORD. */
#define K3T_WORD_CHECKPOINT 1U /* the next checkpoint has to throw */
#define K3T_WORD_WAIT       2U /* a wait has to end */

#ifndef __ASSEMBLER__

/*
 * Makes a system call unless, at the very moment of the call, K3T_WORD_WAIT is set in *WORD: then returns
 * K3T_INTERRUPTED, and nothing has happened. Otherwise returns the result of the kernel.
 *
 * Between the test and the kernel's entry a signal may set the bit. So the wake signal's handler, if it finds the
 * program counter in [begin, end), moves it to "interrupted". At "end" the call has been made, and its result says
 * whether it had an effect.
 */
long k3t_syscall(const unsigned *word, long number, long a, long b, long c, long d, long e, long f);

extern const char k3t_syscall_begin[], k3t_syscall_end[], k3t_syscall_interrupted[];

#endif
#endif
