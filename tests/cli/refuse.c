/*
 * refuse ERRNO NUMBER… -- COMMAND…: runs a command for which the kernel refuses the system calls, as an
 * old kernel (ENOSYS, 38) or the filter of an old container (EPERM, 1) does.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CALLS_MAX 8

int main(int argc, char **argv)
{
    struct sock_filter filter[CALLS_MAX * 2 + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    struct sock_fprog program = {.filter = filter, .len = 1};
    __u32             refusal = SECCOMP_RET_ERRNO | (__u32) atoi(argc > 1 ? argv[1] : "1");
    int               i;

    for (i = 2; i < argc && i - 2 < CALLS_MAX && strcmp(argv[i], "--") != 0; i++) {
        __u32 number = (__u32) atoi(argv[i]);

        filter[program.len++] =
            (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
        filter[program.len++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, refusal);
    }
    filter[program.len++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    if (i + 1 >= argc || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
        perror("refuse");
        return 99;
    }
    execvp(argv[i + 1], argv + i + 1);
    perror(argv[i + 1]);
    return 99;
}
