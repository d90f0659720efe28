/* The logs of the plays (played.h) that show the output of threads. */
#ifndef PLAYED_LOGS_H
#define PLAYED_LOGS_H

#include "tests/parts/commands/played.h"

#include <sys/stat.h>

/* The reply to "logs" about the log of thread NUMBER, which is shown from OFFSET on. */
#define LOG(id, offset, number)                                                                    \
    RESULT(id, "{'id':" #number ",'name':'web','log':'d/" #number ".log','run_marks':'d/" #number  \
               ".runs','offset':" #offset ",'begun':true}")

/* The reply to a join: the command of web ended with STATUS. */
#define ENDED(id, status)                                                                          \
    RESULT(id, "{'id':1,'name':'web','runs':1,'exit_code':" #status                                \
               ",'signal':null,'exception':null,'message':null}")

static inline void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Makes logs in a directory of this case. The first is that of two runs. */
static inline void make_logs(void)
{
    char here[] = "plays-XXXXXX";

    CHECK(mkdtemp(here) != NULL && chdir(here) == 0 && mkdir("d", 0700) == 0);
    write_file("d/1.log", "one\ntwo\nthree");
    write_file("d/1.runs", "4 2 1700000000000000000 exit 3\n");
    write_file("d/2.log", "other\n");
    write_file("d/4.log", "one\ntwo\n");
    (void) umask(022);
    CHECK(setenv("TZ", "UTC", 1) == 0 && unsetenv("K3THREAD_HOSTNAME") == 0);
}

/* The numbers of descriptors: of a pipe without a reader, of a file that takes nothing, and of the first log. */
enum { UNREAD = 90, FULL, OWN_LOG };

static inline void open_outputs(void)
{
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0 && dup3(ends[1], UNREAD, O_CLOEXEC) == UNREAD);
    close(ends[0]);
    close(ends[1]);
    CHECK(dup3(open("/dev/full", O_WRONLY | O_CLOEXEC), FULL, O_CLOEXEC) == FULL);
    CHECK(dup3(open("d/1.log", O_WRONLY | O_APPEND | O_CLOEXEC), OWN_LOG, O_CLOEXEC) == OWN_LOG);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

/* Checks that the file at PATH holds TEXT. */
static inline void check_file(const char *path, const char *text)
{
    char    bytes[256];
    int     fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, bytes, sizeof(bytes) - 1);

    CHECK(size >= 0);
    close(fd);
    bytes[size] = '\0';
    CHECK_TEXT(bytes, text);
}

#endif
