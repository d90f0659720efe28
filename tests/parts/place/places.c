/*
 * Tests where a supervisor is: the paths of its files (cli/place/place.h, socket_path.h), the directories that are made
 * for them, also for one run alone (temporary_place.h). Each case makes its files in the
 * current directory. The name of the machine, and whether /tmp takes a directory, are what a case says.
 */
#include "tests/lib/test.h"
#include "tests/parts/place/placed.h"

#include "cli/base/directory.h"
#include "cli/place/place.h"
#include "cli/place/socket.h"
#include "cli/place/socket_path.h"
#include "cli/place/temporary_place.h"

#include <sys/stat.h>
#include <sys/utsname.h>

static const char *machine = "box"; /* NULL: uname(2) fails */
static bool        is_tmp_closed;

int __wrap_uname(struct utsname *ret);
int __wrap_uname(struct utsname *ret)
{
    if (machine == NULL)
        return -1;
    (void) snprintf(ret->nodename, sizeof(ret->nodename), "%s", machine);
    return 0;
}

int __wrap_directory_make_new(char *template);
int __real_directory_make_new(char *template);
int __wrap_directory_make_new(char *template)
{
    return is_tmp_closed && strncmp(template, "/tmp/k3thread-run.", 18) == 0
               ? -EACCES
               : __real_directory_make_new(template);
}

/* Paths */

/* Returns TEXT with the user's number in place of UID, and the current directory in place of HERE. */
static const char *fill(const char *text)
{
    static char filled[4 * PATH_MAX];
    size_t      used = 0;

    while (*text != '\0') {
        bool is_user = strncmp(text, "UID", 3) == 0, is_here = strncmp(text, "HERE", 4) == 0;

        if (is_user)
            used += (size_t) snprintf(filled + used, sizeof(filled) - used, "%u", geteuid());
        else if (is_here)
            used += (size_t) snprintf(filled + used, sizeof(filled) - used, "%s", here);
        else
            filled[used++] = *text;
        text += is_user ? 3 : is_here ? 4 : 1;
    }
    filled[used] = '\0';
    return filled;
}

/* Checks all paths of PLACE, one in each line of WANTED, and releases them. */
static void check_paths(struct place *place, bool is_own, const char *wanted)
{
    struct text text = {0};

    text_printf(&text, "%s\n%s\n%s\n%s\n%s\n%s", place->directory, place->socket, place->lock,
                place->state != NULL ? place->state : "-", place->journal, place->logs);
    check_written(&text, fill(wanted));
    CHECK_EQUAL(place->is_own, is_own);
    place_release(place);
    CHECK(place->directory == NULL && place->socket == NULL && place->logs == NULL);
}

static void check_place(const char *label, const char *socket, bool is_own, const char *wanted)
{
    struct place place = resolve(label, socket);

    check_paths(&place, is_own, wanted);
}

#define OF(label)                                                                                  \
    "/t/k3thread-UID\n/t/k3thread-UID/" label ".sock\n/t/k3thread-UID/" label ".lock\n"
#define BESIDE(path) "-\n" path ".log\n" path ".logs"
#define IN(state)    state "\n" state "/journal.log\n" state "/logs"

static void a_label_is_a_place_of_the_user(void)
{
    set_homes("/t", "/s", "/h");
    check_place(NULL, NULL, true, OF("default") IN("/s/k3thread/servers/box/default"));
    check_place("web", NULL, true, OF("web") IN("/s/k3thread/servers/box/web"));
    check_place("a.sock", NULL, true, OF("a.sock") IN("/s/k3thread/servers/box/a.sock"));
    set_homes("/t", "s", "/h");
    check_place("web", NULL, true, OF("web") IN("/h/.local/state/k3thread/servers/box/web"));
    set_homes("/t", NULL, "h");
    check_place("web", NULL, true, OF("web") BESIDE("/t/k3thread-UID/web"));
    set_homes("/t", NULL, NULL);
    check_place("web", NULL, true, OF("web") BESIDE("/t/k3thread-UID/web"));
    set_homes("t", NULL, NULL);
    check_place(
        "web", NULL, true,
        "/tmp/k3thread-UID\n/tmp/k3thread-UID/web.sock\n/tmp/k3thread-UID/web.lock\n" BESIDE(
            "/tmp/k3thread-UID/web"));
}

static void a_machine_has_a_state_of_its_own(void)
{
    static const char *const names[][2] = {{"a.b", "a.b"},
                                           {".a.b", "_a.b"},
                                           {"a/b/.c", "a_b_.c"},
                                           {"", "localhost"},
                                           {NULL, "localhost"}};

    set_homes("/t", "/s", NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct place place;
        char         wanted[PATH_MAX];

        machine = names[i][0];
        place = resolve("web", NULL);
        (void) snprintf(wanted, sizeof(wanted), "/s/k3thread/servers/%s/web", names[i][1]);
        CHECK_TEXT(place.state, wanted);
        place_release(&place);
    }
}

static void a_socket_has_its_files_beside_it(void)
{
    set_homes("/t", "/s", "/h");
    check_place(NULL, "/a/x.sock", false, "/a\n/a/x.sock\n/a/x.lock\n" BESIDE("/a/x"));
    check_place(NULL, "/a/b/x", false, "/a/b\n/a/b/x\n/a/b/x.lock\n" BESIDE("/a/b/x"));
    check_place(NULL, "/x.sock", false, "/\n/x.sock\n/x.lock\n" BESIDE("/x"));
    check_place(NULL, "/a/.sock", false, "/a\n/a/.sock\n/a/.sock.lock\n" BESIDE("/a/.sock"));
    check_place(NULL, "/a/x.sock.y", false,
                "/a\n/a/x.sock.y\n/a/x.sock.y.lock\n" BESIDE("/a/x.sock.y"));
    check_place(NULL, "s.sock", false, "HERE\nHERE/s.sock\nHERE/s.lock\n" BESIDE("HERE/s"));
    /* The socket of a label may be named by its path. */
    check_place(NULL, fill("/t/k3thread-UID/b.sock"), true,
                OF("b") IN("/s/k3thread/servers/box/b"));
    check_place(
        NULL, fill("/t/k3thread-UID/b"), false,
        "/t/k3thread-UID\n/t/k3thread-UID/b\n/t/k3thread-UID/b.lock\n" BESIDE("/t/k3thread-UID/b"));
    check_place(NULL, fill("/t/k3thread-UID/.b.sock"), false,
                OF(".b") BESIDE("/t/k3thread-UID/.b"));
    CHECK_EQUAL(setenv("K3THREAD_SOCKET", "/e/e.sock", 1), 0);
    check_place(NULL, NULL, false, "/e\n/e/e.sock\n/e/e.lock\n" BESIDE("/e/e"));
    check_place("web", NULL, true, OF("web") IN("/s/k3thread/servers/box/web"));
    check_place(NULL, "/x.sock", false, "/\n/x.sock\n/x.lock\n" BESIDE("/x"));
    CHECK_EQUAL(setenv("K3THREAD_SOCKET", "s", 1), 0);
    check_place(NULL, NULL, false, "HERE\nHERE/s\nHERE/s.lock\n" BESIDE("HERE/s"));
    CHECK_EQUAL(setenv("K3THREAD_SOCKET", "", 1), 0);
    check_place(NULL, NULL, true, OF("default") IN("/s/k3thread/servers/box/default"));
}

static void check_refused(const char *label, const char *socket, int error, const char *wanted)
{
    struct place place = {.socket = here};
    struct text  why = {0};

    CHECK_EQUAL(place_resolve(&place, label, socket, &why), error);
    check_written(&why, wanted);
    CHECK(place.socket == here); /* it is untouched */
}

#define NO_NAME " is no name for a supervisor (no '/', no leading '.'); -S takes a path"

static void a_path_that_no_socket_can_have_is_refused(void)
{
    char path[200], wanted[1100];

    set_homes("/t", "/s", "/h");
    check_refused("a", "b", -EINVAL, "-L and -S exclude each other");
    check_refused("", NULL, -EINVAL, "''" NO_NAME);
    check_refused(".a", NULL, -EINVAL, "'.a'" NO_NAME);
    check_refused("a/b", NULL, -EINVAL, "'a/b'" NO_NAME);
    check_refused(NULL, "", -EINVAL, "'' is no path for a socket");
    check_refused(NULL, "a/", -EINVAL, "'a/' is no path for a socket");
    (void) snprintf(path, sizeof(path), "/%0106d", 0);
    (void) snprintf(wanted, sizeof(wanted), "/\n%s\n%s.lock\n-\n%s.log\n%s.logs", path, path, path,
                    path);
    check_place(NULL, path, false, wanted);
    (void) snprintf(path, sizeof(path), "/%0107d", 0);
    (void) snprintf(wanted, sizeof(wanted), "the socket's path is longer than 107 bytes: %s", path);
    check_refused(NULL, path, -EINVAL, wanted);
    CHECK(mkdir("gone", 0700) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0);
    check_refused(NULL, "x", -ENOENT,
                  "the current directory has no path: No such file or directory");
}

static void the_state_can_be_set(void)
{
    struct place place;

    set_homes("/t", "/s", NULL);
    place = resolve("web", NULL);
    CHECK_EQUAL(place_set_state(&place, "/x/y"), 0);
    check_paths(&place, true, OF("web") IN("/x/y"));
    place = resolve("web", NULL);
    CHECK_EQUAL(place_set_state(&place, NULL), 0);
    check_paths(&place, true, OF("web") BESIDE("/t/k3thread-UID/web"));
}

static void the_journal_that_is_there_is_found(void)
{
    struct place place;
    char        *journal;

    set_homes(NULL, NULL, NULL);
    place = resolve(NULL, "./x.sock");
    CHECK_EQUAL(place_set_state(&place, "state"), 0);
    CHECK_TEXT(journal = place_find_journal(&place), "state/journal.log");
    free(journal);
    close(open("x.log", O_WRONLY | O_CREAT, 0600));
    CHECK_TEXT(journal = place_find_journal(&place), fill("HERE/./x.log"));
    free(journal);
    CHECK(mkdir("state", 0700) == 0);
    close(open("state/journal.log", O_WRONLY | O_CREAT, 0600));
    CHECK_TEXT(journal = place_find_journal(&place), "state/journal.log");
    free(journal);
    place_release(&place);
}

/* Directories */

static mode_t mode_of(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 ? info.st_mode & 07777 : 0;
}

/* Checks that PLACE is prepared, with a state if HAS_STATE. */
static void check_prepared(const struct place *place, bool has_state)
{
    struct text why = {0};
    bool        got = !has_state;
    int         before = test_count_open();

    if (place_prepare(place, &got, &why) != 0)
        check_written(&why, "");
    CHECK_EQUAL(why.size, 0);
    CHECK_EQUAL(got, has_state);
    CHECK_EQUAL(test_count_open(), before);
}

static void check_unprepared(const struct place *place, int error, const char *wanted)
{
    struct text why = {0};
    bool        has_state;
    int         before = test_count_open();

    CHECK_EQUAL(place_prepare(place, &has_state, &why), error);
    check_written(&why, fill(wanted));
    CHECK_EQUAL(test_count_open(), before);
}

static void the_users_own_directory_is_made_and_checked(void)
{
    struct place place;
    char         own[PATH_MAX + 8];

    set_homes("", NULL, NULL);
    (void) snprintf(own, sizeof(own), "%s/state", here);
    set_homes(here, own, NULL);
    (void) snprintf(own, sizeof(own), "k3thread-%u", geteuid());
    place = resolve("web", NULL);
    check_prepared(&place, true);
    CHECK_EQUAL(mode_of(own), 0700);
    CHECK_EQUAL(mode_of("state/k3thread/servers/box/web"), 0700);
    check_prepared(&place, true); /* it is there */
    CHECK(chmod("state/k3thread/servers/box/web", 0720) == 0);
    check_prepared(&place, false);
    directory_remove("state");
    CHECK(chmod(own, 0701) == 0);
    check_unprepared(&place, -EPERM, "HERE/k3thread-UID is open to others; 'chmod 700' it");
    CHECK(chmod(own, 0710) == 0);
    check_unprepared(&place, -EPERM, "HERE/k3thread-UID is open to others; 'chmod 700' it");
    CHECK(access("state", F_OK) < 0);
    CHECK(rename(own, "elsewhere") == 0 && symlink("elsewhere", own) == 0);
    check_unprepared(&place, -ENOTDIR,
                     "HERE/k3thread-UID is no directory (or a symbolic link); remove it");
    CHECK(unlink(own) == 0);
    if (geteuid() == 0) {
        CHECK(mkdir(own, 0700) == 0 && chown(own, 65534, 65534) == 0);
        check_unprepared(&place, -EPERM,
                         "HERE/k3thread-UID belongs to user 65534; remove it, or use -S");
        CHECK(rmdir(own) == 0);
    }
    place_release(&place);
    (void) snprintf(own, sizeof(own), "%s/none", here);
    set_homes(own, NULL, NULL);
    place = resolve("web", NULL);
    check_unprepared(
        &place, -ENOENT,
        "cannot make HERE/none/k3thread-UID: No such file or directory; K3THREAD_TMPDIR "
        "names another place");
    place_release(&place);
}

static void the_home_of_another_user_gets_no_files(void)
{
    struct place place;
    char         home[PATH_MAX + 8];

    set_homes(NULL, NULL, NULL);
    (void) snprintf(home, sizeof(home), "%s/home", here);
    CHECK(mkdir("home", 0700) == 0);
    set_homes(here, NULL, home);
    place = resolve("web", NULL);
    check_prepared(&place, true);
    directory_remove("home/.local");
    if (geteuid() == 0) {
        CHECK(chown("home", 65534, 65534) == 0);
        check_prepared(&place, false);
        CHECK(access("home/.local", F_OK) < 0);
    }
    CHECK(rmdir("home") == 0);
    check_prepared(&place, false);
    place_release(&place);
}

static void another_directory_is_checked(void)
{
    struct place place;

    set_homes(here, "/s", NULL);
    place = resolve(NULL, "a/x.sock");
    check_unprepared(&place, -ENOENT,
                     "HERE/a, where the socket would be: No such file or directory; make it first");
    CHECK(access("a", F_OK) < 0);
    close(open("a", O_WRONLY | O_CREAT, 0600));
    check_unprepared(&place, -ENOTDIR, "HERE/a, where the socket would be: Not a directory");
    CHECK(unlink("a") == 0 && mkdir("b", 0755) == 0 && symlink("b", "a") == 0);
    check_prepared(&place, false); /* a link may lead there */
    CHECK(chmod("b", 0775) == 0);
    check_unprepared(&place, -EPERM, "others can write to HERE/a");
    CHECK(chmod("b", 0757) == 0);
    check_unprepared(&place, -EPERM, "others can write to HERE/a");
    CHECK(chmod("b", 01777) == 0);
    check_prepared(&place, false); /* as in /tmp, they cannot replace a file of this user there */
    if (geteuid() == 0) {
        CHECK(chmod("b", 0755) == 0 && chown("b", 65534, 65534) == 0);
        check_unprepared(&place, -EPERM, "HERE/a belongs to user 65534");
        CHECK(chown("b", 0, 0) == 0 && chmod(".", 0755) == 0 && seteuid(65534) == 0);
        check_prepared(&place, false); /* root may do everything anyway */
        CHECK_EQUAL(seteuid(0), 0);
    }
    place_release(&place);
}

static void check_restored(const struct place *place, int error, bool is_made, const char *wanted)
{
    struct text why = {0};
    bool        made = !is_made;

    CHECK_EQUAL(place_restore(place, &made, &why), error);
    check_written(&why, fill(wanted));
    CHECK_EQUAL(made, is_made);
}

static void a_missing_directory_is_made_again_if_that_is_safe(void)
{
    struct place place;

    set_homes(here, NULL, NULL);
    CHECK(chmod(".", 0700) == 0);
    place = resolve(NULL, "a/b/x.sock");
    check_restored(&place, 0, true, "");
    CHECK(mode_of("a") == 0700 && mode_of("a/b") == 0700);
    check_restored(&place, 0, false, "");
    CHECK(chmod("a/b", 0777) == 0);
    check_restored(&place, -EPERM, false, "others can write to HERE/a/b");
    CHECK(rmdir("a/b") == 0 && chmod("a", 0777) == 0);
    check_restored(
        &place, -EPERM, false,
        "others can write to HERE/a, so HERE/a/b is not made again; make it, and try again");
    CHECK(chmod("a", 01777) == 0);
    check_restored(&place, 0, true, "");
    CHECK(rmdir("a/b") == 0 && mkdir("c", 0700) == 0 && symlink("../c/d", "a/b") == 0);
    check_restored(&place, 0, true, ""); /* where the link leads to */
    CHECK_EQUAL(mode_of("c/d"), 0700);
    CHECK(unlink("a/b") == 0 && rmdir("a") == 0 && symlink("a", "a") == 0);
    check_restored(&place, -ELOOP, false,
                   "HERE/a/b is no directory (or a symbolic link); remove it");
    place_release(&place);
    place = resolve(NULL, "/proc/none/x.sock");
    check_restored(
        &place, -ENOENT, false,
        "No such file or directory, so /proc/none is not made again; make it, and try again");
    place_release(&place);
}

/* Temporary places */

/* Makes a temporary place, whose socket is in a new directory of PARENT and whose logs are in one of LOGS. */
static void check_temporary(const char *runtime, const char *tmp, const char *parent,
                            const char *logs)
{
    struct place place;
    struct text  why = {0};
    char         wanted[PATH_MAX], *directory, *state;

    CHECK((runtime != NULL ? setenv("XDG_RUNTIME_DIR", fill(runtime), 1)
                           : unsetenv("XDG_RUNTIME_DIR")) == 0);
    CHECK((tmp != NULL ? setenv("TMPDIR", fill(tmp), 1) : unsetenv("TMPDIR")) == 0);
    CHECK_EQUAL(temporary_place_make(&place, &why), 0);
    CHECK_EQUAL(why.size, 0);
    (void) snprintf(wanted, sizeof(wanted), "%s/k3thread-run.", fill(parent));
    CHECK_EQUAL(strncmp(place.directory, wanted, strlen(wanted)), 0);
    CHECK_EQUAL(strlen(place.directory), strlen(wanted) + 6);
    CHECK_EQUAL(mode_of(place.directory), 0700);
    (void) snprintf(wanted, sizeof(wanted), "%s/run.sock", place.directory);
    CHECK_TEXT(place.socket, wanted);
    CHECK_EQUAL(place.state != NULL, logs != NULL);
    if (logs == NULL) {
        (void) snprintf(wanted, sizeof(wanted), "%s/run.logs", place.directory);
    } else {
        (void) snprintf(wanted, sizeof(wanted), "%s/k3thread-run.", fill(logs));
        CHECK_EQUAL(strncmp(place.state, wanted, strlen(wanted)), 0);
        CHECK_EQUAL(mode_of(place.state), 0700);
        (void) snprintf(wanted, sizeof(wanted), "%s/logs", place.state);
    }
    CHECK_TEXT(place.logs, wanted);
    directory = strdup(place.directory);
    state = strdup(logs != NULL ? place.state : "none");
    CHECK(mkdir(place.logs, 0700) == 0 && socket_listen(place.socket) >= 0);
    temporary_place_remove(&place);
    CHECK(access(directory, F_OK) < 0 && access(state, F_OK) < 0);
    CHECK(place.socket == NULL);
    free(directory);
    free(state);
}

static void one_run_has_a_place_of_its_own(void)
{
    struct place place;
    struct text  why = {0};
    char         wanted[PATH_MAX + 100], *text;

    set_homes(NULL, "/s", "/h");
    CHECK(mkdir("run", 0700) == 0 && mkdir("tmp", 0700) == 0);
    CHECK(chmod(".", 0700) == 0);
    is_tmp_closed = true;
    check_temporary("HERE/run", "HERE/tmp", "HERE/run", "HERE/tmp");
    check_temporary("HERE/run", "HERE/run", "HERE/run", NULL);
    check_temporary("HERE/none", "HERE/tmp", "HERE/tmp", NULL);
    check_temporary("run", "HERE/tmp", "HERE/tmp", NULL);
    check_temporary(NULL, "HERE/tmp", "HERE/tmp", NULL);
    check_temporary("HERE/run", "tmp", "HERE/run", NULL); /* /tmp cannot be used */
    check_temporary("HERE/run", "HERE/none", "HERE/run", NULL);
    (void) snprintf(wanted, sizeof(wanted), "%s/%0*d", here, 80, 0);
    CHECK(mkdir(wanted, 0700) == 0);
    check_temporary(wanted, "HERE/tmp", "HERE/tmp", NULL); /* it is too long for a socket */
    CHECK(rmdir(wanted) == 0);                             /* and empty */
    check_temporary("HERE/run", "HERE/tmp/../tmp", "HERE/run", "HERE/tmp/../tmp");
    is_tmp_closed = false;
    check_temporary("run", NULL, "/tmp", NULL);
    check_temporary("HERE/run", NULL, "HERE/run", "/tmp");
    is_tmp_closed = true;
    CHECK_EQUAL(setenv("XDG_RUNTIME_DIR", "none", 1), 0);
    CHECK_EQUAL(setenv("TMPDIR", fill("HERE/none"), 1), 0);
    CHECK_EQUAL(temporary_place_make(&place, &why), -EACCES);
    check_written(&why,
                  fill("no directory for the supervisor; cannot make one in HERE/none: No such "
                       "file or directory; cannot make one in /tmp: Permission denied; TMPDIR "
                       "names another place"));
    CHECK_EQUAL(temporary_place_in(&place, fill("HERE/run"), &why), 0);
    text = place.directory;
    CHECK_TEXT(text, fill("HERE/run"));
    CHECK(place.state == NULL);
    temporary_place_remove(&place);
    CHECK(access("run", F_OK) < 0);
    (void) snprintf(wanted, sizeof(wanted), "/%0*d", 100, 0);
    CHECK_EQUAL(temporary_place_in(&place, wanted, &why), -ENAMETOOLONG);
    (void) snprintf(wanted, sizeof(wanted), "cannot use the directory /%0*d: File name too long",
                    100, 0);
    check_written(&why, wanted);
}

TEST_MAIN({"labels", a_label_is_a_place_of_the_user},
          {"machines", a_machine_has_a_state_of_its_own},
          {"sockets", a_socket_has_its_files_beside_it},
          {"impossible", a_path_that_no_socket_can_have_is_refused},
          {"state", the_state_can_be_set}, {"journal", the_journal_that_is_there_is_found},
          {"own", the_users_own_directory_is_made_and_checked},
          {"home", the_home_of_another_user_gets_no_files},
          {"foreign", another_directory_is_checked},
          {"restored", a_missing_directory_is_made_again_if_that_is_safe},
          {"temporary", one_run_has_a_place_of_its_own})
