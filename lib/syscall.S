/* Makes a system call unless a wait has to end. syscall.h says how the test and the call are made inseparable. */
#include "syscall.h"

    .text
    .globl  k3t_syscall, k3t_syscall_begin, k3t_syscall_end, k3t_syscall_interrupted
    .hidden k3t_syscall, k3t_syscall_begin, k3t_syscall_end, k3t_syscall_interrupted
    .type   k3t_syscall, %function
    .p2align 4
k3t_syscall:
    .cfi_startproc
    LANDING
#if defined __x86_64__
    mov     %rdi, %r11
    mov     %rsi, %rax
    mov     %rdx, %rdi
    mov     %rcx, %rsi
    mov     %r8, %rdx
    mov     %r9, %r10
    mov     8(%rsp), %r8
    mov     16(%rsp), %r9
k3t_syscall_begin:
    testl   $K3T_WORD_WAIT, (%r11)
    jnz     k3t_syscall_interrupted
    syscall
k3t_syscall_end:
    ret
k3t_syscall_interrupted:
    mov     $K3T_INTERRUPTED, %rax
    ret
#elif defined __aarch64__
    mov     x9, x0
    mov     x8, x1
    mov     x0, x2
    mov     x1, x3
    mov     x2, x4
    mov     x3, x5
    mov     x4, x6
    mov     x5, x7
k3t_syscall_begin:
    ldr     w10, [x9]
    tbnz    w10, #1, k3t_syscall_interrupted
    svc     #0
k3t_syscall_end:
    ret
k3t_syscall_interrupted:
    mov     x0, #K3T_INTERRUPTED
    ret
#else
#error "k3thread runs on x86-64 and aarch64"
#endif
    .cfi_endproc
    .size   k3t_syscall, . - k3t_syscall
    .section .note.GNU-stack, "", %progbits
