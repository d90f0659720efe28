/* Tests the look for a command that a start of a script makes before the supervisor does. */
#include "tests/lib/test.h"

#include "cli/commands/executable.h"

#include <sys/stat.h>

static char place[] = "/tmp/k3thread-executable.XXXXXX";

static void make(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && fchmod(fd, mode) == 0);
    close(fd);
}

/* Goes to a new directory that has the files of all cases. */
static void enter(void)
{
    CHECK(mkdtemp(place) != NULL && chdir(place) == 0);
    CHECK(mkdir("first", 0700) == 0 && mkdir("second", 0700) == 0 &&
          mkdir("first/folder", 0700) == 0);
    make("second/tool", 0700);
    make("second/other", 0700);
    make("first/plain", 0600);
    make("second/toolbox", 0700);
    make("here", 0700);
    CHECK(symlink("second", "s") == 0);
}

static void leave(void)
{
    static const char *const files[] = {"second/tool", "second/toolbox", "second/other",
                                        "first/plain", "here",           "s"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        (void) unlink(files[i]);
    CHECK(rmdir("first/folder") == 0 && rmdir("first") == 0 && rmdir("second") == 0 &&
          rmdir(place) == 0);
}

static void look_in_path(void)
{
    enter();
    CHECK(setenv("PATH", "first:second", 1) == 0);
    CHECK(!executable_is_there(""));
    CHECK(executable_is_there("tool"));
    CHECK(executable_is_there("other"));
    CHECK(!executable_is_there("plain") && !executable_is_there("folder") &&
          !executable_is_there("none"));
    CHECK(setenv("PATH", "first", 1) == 0);
    CHECK(!executable_is_there("tool"));
    CHECK(setenv("PATH", "second/tool:second", 1) == 0 && executable_is_there("tool"));
    CHECK(setenv("PATH", "first:s", 1) == 0 && executable_is_there("other"));
    CHECK(setenv("PATH", "", 1) == 0 && !executable_is_there("here"));
    CHECK(setenv("PATH", ":second", 1) == 0 && !executable_is_there("here") &&
          executable_is_there("other"));
    CHECK(setenv("PATH", "second:", 1) == 0 && !executable_is_there("here"));
    CHECK(unsetenv("PATH") == 0 && !executable_is_there("tool"));
    leave();
}

static void look_at_path(void)
{
    enter();
    CHECK(setenv("PATH", "second", 1) == 0);
    CHECK(executable_is_there("./here") && executable_is_there("second/tool"));
    CHECK(!executable_is_there("first/plain") && !executable_is_there("first/folder") &&
          !executable_is_there("./none") && !executable_is_there("first/tool"));
    leave();
}

/* The last command that was found is not looked for again, unless its name is longer than that of any file. */
static void remember_last(void)
{
    char name[600] = "";

    enter();
    CHECK(setenv("PATH", "second", 1) == 0 && executable_is_there("toolbox") &&
          executable_is_there("tool"));
    CHECK(unlink("second/tool") == 0);
    CHECK(executable_is_there("tool"));
    CHECK(executable_is_there("other") && !executable_is_there("tool"));
    for (int i = 0; i < 250; i++)
        memcpy(name + 2 * i, "./", 2);
    strcat(name, "here");
    CHECK(executable_is_there(name) && unlink("here") == 0);
    CHECK(!executable_is_there(name));
    leave();
}

TEST_MAIN({"path", look_in_path}, {"slash", look_at_path}, {"last", remember_last})
