/* Tests how a client finds or starts a supervisor (cli/client/launch.h). */
#include "tests/parts/client/launched.h"

/* Connections */

static void check_connected(int wanted, const char *wanted_why)
{
    int fd = -1;

    CHECK_EQUAL(launch_connect(&place, &fd, &why), wanted);
    CHECK_EQUAL(fd >= 0, wanted == 0);
    if (fd >= 0)
        close(fd);
    check_written(&why, wanted_why);
}

static void a_supervisor_is_asked_for_its_socket(void)
{
    int before = begin();

    CHECK(launch_is_absent(-ENOENT) && launch_is_absent(-ECONNREFUSED));
    CHECK(!launch_is_absent(-ENOTDIR) && !launch_is_absent(-EACCES) && !launch_is_absent(0));
    check_connected(0, "");
    CHECK_NOTED("connect\n");
    set_connections(-EACCES, 0, 0);
    check_connected(-EACCES, "");
    CHECK_NOTED("connect\n");
    connections[0] = 0;
    for (int i = 0; i < 3; i++) {
        const int errors[] = {-ENOENT, -ECONNREFUSED, -ENOTDIR};

        set_connections(errors[i], 0, 0);
        rings[0] = -ENOENT;
        check_connected(errors[i], "");
        CHECK_NOTED("connect\nring\n");
        set_connections(errors[i], 0, 0);
        check_connected(0, "");
        CHECK_NOTED("connect\nring\nconnect\n");
    }
    set_connections(-ENOENT, -EACCES, 0);
    check_connected(-EACCES, "");
    CHECK_NOTED("connect\nring\nconnect\n");
    set_connections(-ENOENT, 0, 0);
    rings[0] = -ETIMEDOUT;
    check_connected(-ETIMEDOUT, "the supervisor of /tmp/k3thread-launches.sock, process 77, does "
                                "not put its socket back; is it stopped?");
    CHECK_NOTED("connect\nring\n");
    set_connections(-ENOENT, 0, 0);
    rings[0] = -EIO;
    restore_error = -EPERM;
    check_connected(-EIO, "the supervisor of /tmp/k3thread-launches.sock, process 77, cannot put "
                          "its socket back: it is open to others");
    CHECK_NOTED("connect\nring\nrestore\n");
    restore_error = 0;
    for (int i = 0; i < 6; i++)
        connections[i] = -ENOENT;
    check_connected(-EADDRINUSE,
                    "something else is at /tmp/k3thread-launches.sock, where the "
                    "supervisor, process 77, has its socket; remove it, and try again");
    CHECK_NOTED(
        "connect\nring\nconnect\nring\nconnect\nring\nconnect\nring\nconnect\nring\nconnect\n"
        "restore\n");
    for (int i = 0; i < 5; i++)
        connections[i] = -ENOENT;
    check_connected(0, "");
    CHECK_NOTED(
        "connect\nring\nconnect\nring\nconnect\nring\nconnect\nring\nconnect\nring\nconnect\n");
    CHECK_EQUAL(test_count_open(), before);
}

/* Claims */

static void check_claim_fails(int wanted, const char *wanted_why)
{
    struct claim claim = {.listener = -5};
    int          before = test_count_open();

    CHECK_EQUAL(launch_claim(&place, &claim, &why), wanted);
    CHECK_EQUAL(test_count_open(), before);
    check_written(&why, wanted_why);
}

#define ABSENT "prepare\nlock start\nconnect\nring\n"

/* No process listens, and none answers the bell. */
static void leave(void)
{
    set_connections(-ENOENT, 0, 0);
    rings[0] = -ENOENT;
}

static void a_place_is_taken_by_one(void)
{
    struct claim claim = {0};
    struct stat  info;
    int          before = begin();

    prepare_error = -EPERM;
    check_claim_fails(-EPERM, "");
    CHECK_NOTED("prepare\n");
    prepare_error = 0;
    start_error = -EBUSY;
    check_claim_fails(-EBUSY, "");
    CHECK_NOTED("prepare\nlock start\n");
    start_error = 0;
    check_claim_fails(-EADDRINUSE, "a supervisor is at /tmp/k3thread-launches.sock already");
    CHECK_NOTED("prepare\nlock start\nconnect\n");
    set_connections(-EACCES, 0, 0);
    check_claim_fails(-EACCES, "cannot start a supervisor: cannot connect to "
                               "/tmp/k3thread-launches.sock: Permission denied (-13)");
    CHECK_NOTED("prepare\nlock start\nconnect\n");
    set_connections(-ENOENT, 0, 0);
    rings[0] = -ETIMEDOUT;
    check_claim_fails(-ETIMEDOUT, "the supervisor of /tmp/k3thread-launches.sock, process 77, does "
                                  "not put its socket back; is it stopped?");
    CHECK_NOTED(ABSENT);
    leave();
    life_error = -EBUSY;
    check_claim_fails(-EBUSY, "");
    CHECK_NOTED(ABSENT "lock life\n");
    life_error = 0;
    leave();
    lifts = 0;
    check_claim_fails(-EMFILE,
                      "cannot start a supervisor: cannot keep /x.lock: Too many open files (-24)");
    CHECK_NOTED(ABSENT "lock life\n");
    leave();
    stale_error = -ENOTSOCK;
    check_claim_fails(-ENOTSOCK,
                      "cannot start a supervisor: cannot replace /tmp/k3thread-launches.sock: "
                      "Socket operation on non-socket (-88)");
    CHECK_NOTED(ABSENT "lock life\nremove\n");
    stale_error = 0;
    leave();
    listen_error = -EACCES;
    check_claim_fails(-EACCES,
                      "cannot start a supervisor: cannot listen at /tmp/k3thread-launches.sock: "
                      "Permission denied (-13)");
    CHECK_NOTED(ABSENT "lock life\nremove\nlisten\n");
    listen_error = 0;
    leave();
    lifts = 1;
    check_claim_fails(-EMFILE,
                      "cannot start a supervisor: cannot listen at /tmp/k3thread-launches.sock: "
                      "Too many open files (-24)");
    CHECK_NOTED(ABSENT "lock life\nremove\nlisten\n");
    for (int i = 0; i < 2; i++) {
        has_state = i == 1;
        leave();
        CHECK_EQUAL(launch_claim(&place, &claim, &why), 0);
        CHECK_NOTED(ABSENT "lock life\nremove\nlisten\n");
        CHECK_EQUAL(claim.has_state, has_state);
        CHECK_EQUAL(test_count_open(), before + 2);
        CHECK(claim.listener >= 6 && fstat(claim.listener, &info) == 0 &&
              info.st_ino == listener_file.st_ino);
        CHECK(claim.lock >= 6 && fstat(claim.lock, &info) == 0 && info.st_ino == lock_file.st_ino);
        CHECK(fcntl(claim.listener, F_GETFD, 0) == FD_CLOEXEC &&
              fcntl(claim.lock, F_GETFD, 0) == FD_CLOEXEC);
        close(open(place.socket, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        launch_give_up(&place, &claim);
        CHECK(access(place.socket, F_OK) < 0);
        CHECK(claim.listener == -1 && claim.lock == -1);
        CHECK_EQUAL(test_count_open(), before);
        launch_give_up(&place, &claim); /* there is nothing to close any more */
    }
    CHECK_EQUAL(why.size, 0);
}

/* Supervisors */

#define TAKEN "lock life\nremove\nlisten\n"
#define RUN   "exec k3thread -S /tmp/k3thread-launches.sock supervise --listen-fd=3 --lock-fd=4"
#define WITH  "\nwith GLIBC_TUNABLES=glibc.rtld.optional_static_tls=0:glibc.rtld.nns=1 TZ=UTC0\n"
#define FDS   " 0=null 1=null 2=null 3=listener 4=lock"

static void check_started(int wanted, const char *wanted_why)
{
    int      fd = -1, before = test_count_open(), status;
    sigset_t mask, mask_after;

    CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
    CHECK_EQUAL(launch_supervisor(&place, &fd, &why), wanted);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &mask_after) == 0);
    CHECK(memcmp(&mask, &mask_after, 8) == 0);
    CHECK_EQUAL(fd >= 0, wanted >= 0);
    if (fd >= 0)
        close(fd);
    CHECK_EQUAL(test_count_open(), before);
    check_written(&why, wanted_why);
    (void) waitpid(-1, &status, WNOHANG);
}

static void a_supervisor_that_outlives_its_starter(void)
{
    (void) begin();
    prepare_error = -EPERM;
    check_started(-EPERM, "");
    prepare_error = 0;
    start_error = -EBUSY;
    check_started(-EBUSY, "");
    start_error = 0;
    CHECK_NOTED("prepare\nprepare\nlock start\n");
    check_started(0, ""); /* another process was first */
    CHECK_NOTED("prepare\nlock start\nconnect\n");
    set_connections(-EACCES, 0, 0);
    check_started(-EACCES, "");
    CHECK_NOTED("prepare\nlock start\nconnect\n");
    leave();
    check_started(1, "");
    CHECK_NOTED(ABSENT TAKEN RUN WITH FDS "\nconnect\n");
    leave();
    has_state = true;
    check_started(1, "");
    CHECK_NOTED(ABSENT TAKEN RUN " --state /state" WITH FDS "\nconnect\n");
    has_state = false;
    set_connections(-ENOENT, -EACCES, 0);
    rings[0] = -ENOENT;
    check_started(-EACCES, "");
    set_connections(-ENOENT, -ECONNREFUSED, 0);
    rings[0] = -ENOENT;
    check_started(-ECONNRESET, "the supervisor ended as soon as it began: no room; see /x.log");
    has_journal = true;
    launch_add_end(&place, &why);
    check_written(&why,
                  "the supervisor ended as soon as it began: no room; see /state/journal.log");
    noted[0] = '\0';
    leave();
    stale_error = -ENOTSOCK;
    check_started(-ENOTSOCK,
                  "cannot start a supervisor: cannot replace /tmp/k3thread-launches.sock: "
                  "Socket operation on non-socket (-88)");
    CHECK_NOTED(ABSENT "lock life\nremove\n");
}

/* Checks that the start fails with ERROR, and leaves no socket and no process behind. */
static void check_not_run(int error, const char *wanted_why)
{
    int fd = -1, before = test_count_open();

    leave();
    close(open(place.socket, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    CHECK_EQUAL(launch_supervisor(&place, &fd, &why), error);
    check_written(&why, wanted_why);
    CHECK(access(place.socket, F_OK) < 0);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    noted[0] = '\0';
}

static void a_supervisor_that_cannot_begin(void)
{
    (void) begin();
    null_error = ENOENT;
    check_not_run(-ENOENT, "cannot start a supervisor: cannot open /dev/null: No such file or "
                           "directory (-2)");
    null_error = 0;
    mask_error = EINVAL;
    check_not_run(-EINVAL,
                  "cannot start a supervisor: cannot run /proc/self/exe: Invalid argument (-22)");
    mask_error = 0;
    exec_error = ENOMEM;
    check_not_run(-ENOMEM, "cannot start a supervisor: cannot run /proc/self/exe: Cannot allocate "
                           "memory (-12)");
    exec_error = 0;
    session_error = EPERM;
    check_not_run(-EPERM, "cannot start a supervisor: cannot run /proc/self/exe: Operation not "
                          "permitted (-1)");
    session_error = 0;
    directory_error = EACCES;
    check_not_run(-EACCES,
                  "cannot start a supervisor: cannot run /proc/self/exe: Permission denied (-13)");
    directory_error = 0;
    for (int made = 0; made < 5; made++) {
        copies = made;
        check_not_run(-EBUSY, "cannot start a supervisor: cannot run /proc/self/exe: Device or "
                              "resource busy (-16)");
    }
    copies = 5; /* no lifeline is copied */
    leave();
    check_started(1, "");
}

static void check_own(const struct launch_own *own, const char *words)
{
    int   before = test_count_open(), status;
    pid_t pid = 0;

    leave();
    CHECK_EQUAL(launch_own(&place, own, &pid, &why), 0);
    CHECK_EQUAL(why.size, 0);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
    CHECK_NOTED(words);
}

static void a_supervisor_that_ends_with_its_starter(void)
{
    struct launch_own own = {0};
    int               before;
    pid_t             pid = 0;

    (void) begin();
    own.lifeline = lifeline = open_file(&lifeline_file);
    before = test_count_open();
    check_own(&own, ABSENT TAKEN RUN " --lifeline-fd=5" WITH FDS " 5=lifeline\n");
    own.slots = 1;
    own.private_place = true;
    check_own(&own,
              ABSENT TAKEN RUN " --lifeline-fd=5 --private --slots=1" WITH FDS " 5=lifeline\n");
    own = (struct launch_own){
        .lifeline = lifeline, .jobserver = true, .slots = UINT_MAX, .commands_socket = "/c.sock"};
    has_state = true;
    check_own(
        &own, ABSENT TAKEN RUN
        " --lifeline-fd=5 --slots=4294967295 --jobserver --agent /c.sock --state /state" WITH FDS
        " 5=lifeline\n");
    /* Descriptor 0 can be one. */
    CHECK(dup2(lifeline, STDIN_FILENO) == STDIN_FILENO);
    close(lifeline);
    before--;
    own = (struct launch_own){.lifeline = STDIN_FILENO};
    has_state = false;
    check_own(&own, ABSENT TAKEN RUN " --lifeline-fd=5" WITH FDS " 5=lifeline\n");
    prepare_error = -EPERM;
    CHECK_EQUAL(launch_own(&place, &own, &pid, &why), -EPERM);
    prepare_error = 0;
    CHECK_EQUAL(launch_own(&place, &own, &pid, &why), -EADDRINUSE);
    check_written(&why, "a supervisor is at /tmp/k3thread-launches.sock already");
    leave();
    lifts = 0;
    CHECK_EQUAL(launch_own(&place, &own, &pid, &why), -EMFILE);
    check_written(&why, "cannot start a supervisor: cannot copy a descriptor for "
                        "/tmp/k3thread-launches.sock: Too many open files (-24)");
    leave();
    exec_error = ENOMEM;
    CHECK_EQUAL(launch_own(&place, &own, &pid, &why), -ENOMEM);
    check_written(&why, "cannot start a supervisor: cannot run /proc/self/exe: Cannot allocate "
                        "memory (-12)");
    exec_error = 0;
    copies = 5;
    leave();
    CHECK_EQUAL(launch_own(&place, &own, &pid, &why), -EBUSY);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(pid, 0);
    text_release(&why);
}

TEST_MAIN({"connect", a_supervisor_is_asked_for_its_socket}, {"claim", a_place_is_taken_by_one},
          {"start", a_supervisor_that_outlives_its_starter},
          {"no-start", a_supervisor_that_cannot_begin},
          {"own", a_supervisor_that_ends_with_its_starter})
