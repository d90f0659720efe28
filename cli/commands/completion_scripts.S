/* Puts the files that make install installs into the program, which prints them: see completion_scripts.h. */
    .macro  string_of name, file
    .globl  \name
    .hidden \name
    .type   \name, %object
\name:
    .incbin "\file"
    .byte   0
    .size   \name, . - \name
    .endm

    .section .rodata
    string_of completion_bash, "etc/completion/k3thread.bash"
    string_of completion_zsh, "etc/completion/k3thread.zsh"
    string_of completion_fish, "etc/completion/k3thread.fish"
    .section .note.GNU-stack, "", %progbits
