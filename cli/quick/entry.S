/*
 * Begins the program, where the kernel enters it: calls the quick way (see quick.h), and then jumps to the C
 * library's own start, which finds the stack and the register as the kernel left them.
 */
    .text
    .globl  quick_entry
    .hidden quick_entry, quick_main
    .type   quick_entry, %function
quick_entry:
    .cfi_startproc
    LANDING
#if defined __x86_64__
    .cfi_undefined rip
    xor     %ebp, %ebp
    mov     %rdx, %rbx
    mov     %rsp, %rdi
    call    quick_main
    mov     %rbx, %rdx
    jmp     _start
#elif defined __aarch64__
    .cfi_undefined x30
    mov     x29, #0
    mov     x19, x0
    mov     x0, sp
    bl      quick_main
    mov     x0, x19
    b       _start
#else
#error "k3thread runs on x86-64 and aarch64"
#endif
    .cfi_endproc
    .size   quick_entry, . - quick_entry
    .section .note.GNU-stack, "", %progbits
