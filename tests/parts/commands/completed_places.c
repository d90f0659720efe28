/* Tests what completion offers of supervisors and machines, which it finds in files. */
#include "tests/parts/commands/played.h"

#include <sys/stat.h>

/* Makes HOME the directory HERE, with TEXT in the configuration of ssh. */
static void write_config(const char *here, const char *text)
{
    char path[128];
    int  fd;

    CHECK(setenv("HOME", here, 1) == 0);
    (void) snprintf(path, sizeof(path), "%s/.ssh", here);
    CHECK_EQUAL(mkdir(path, 0700), 0);
    (void) snprintf(path, sizeof(path), "%s/.ssh/config", here);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* The sockets of supervisors are in the user's own directory, the machines in the user's configuration of ssh. Either may be missing. */
static void plays_of_labels(void)
{
    static const char *const files[] = {"a.sock", "ab.sock", ".sock", "c.lock", "sock", "d.socks"};
    struct play              labels = {.words = "completion --at -- -L ''", .out = "words\n"};
    struct play              hosts = {.words = "completion --at -- -H ''", .out = "words\n"};
    struct play              needs = {.words = "completion --at -- start --needs web:r",
                                      .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]"),
                                      .requests = REQUEST(1, "list", "'live':false"),
                                      .out = "words\nweb\t\nweb:ready\t\nweb:ended\t\nweb:succeeded\t\n"};
    char                     directory[64], here[] = "/tmp/labels-XXXXXX", path[128];

    CHECK(mkdtemp(here) != NULL && setenv("K3THREAD_TMPDIR", here, 1) == 0);
    CHECK(unsetenv("HOME") == 0);
    play(&hosts);
    CHECK(setenv("HOME", here, 1) == 0);
    play(&hosts);
    write_config(here, "Host alpha beta *.org -x\n HostName h\nhost gamma\n");
    hosts.out = "words\nalpha\t\nbeta\t\ngamma\t\n";
    play(&hosts);
    play(&labels);
    (void) snprintf(directory, sizeof(directory), "%s/k3thread-%u", here, (unsigned) geteuid());
    CHECK_EQUAL(mkdir(directory, 0700), 0);
    play(&labels);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void) snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        /* No order is promised, so each is offered once alone. */
        labels.out = i == 0 ? "words\na\t\n" : i == 1 ? "words\nab\t\n" : "words\n";
        play(&labels);
        play(&needs);
        CHECK_EQUAL(unlink(path), 0);
    }
    (void) snprintf(path, sizeof(path), "%s/.ssh/config", here);
    CHECK_EQUAL(unlink(path), 0);
    (void) snprintf(path, sizeof(path), "%s/.ssh", here);
    CHECK(rmdir(path) == 0 && rmdir(directory) == 0 && rmdir(here) == 0);
}

TEST_MAIN({"places", plays_of_labels})
