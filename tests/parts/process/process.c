/*
 * Tests what the supervisor reads from /proc about a process (cli/process/process_stat.h, sockets.h, listening.h,
 * live_usage.h, mark.h), its accounts (account.h), and limits (limits.h).
 */
#include "tests/lib/test.h"

#include "cli/process/account.h"
#include "cli/process/children.h"
#include "cli/process/limits.h"
#include "cli/process/listening.h"
#include "cli/process/live_usage.h"
#include "cli/process/mark.h"
#include "cli/process/process_stat.h"
#include "cli/process/sockets.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Forks a child that runs BODY, and is killed with this process. */
static pid_t start(void (*body)(void))
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    _exit(0);
}

static void end(pid_t pid)
{
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
}

static void wait_for_death(pid_t pid)
{
    siginfo_t info;

    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
}

static struct process_stat stat_of(pid_t pid)
{
    struct process_stat stat = {0};

    CHECK(process_stat_read(pid, &stat));
    return stat;
}

static bool is_at_work(pid_t pid)
{
    struct process_stat stat = stat_of(pid);

    return process_stat_is_at_work(pid, &stat);
}

/* The state of a process */

static void compute(void)
{
    for (volatile unsigned i = 0;; i++)
        continue;
}

static void compute_a_while(void)
{
    while (clock() < CLOCKS_PER_SEC / 10)
        continue;
}

static void sleep_with_a_name(void)
{
    (void) prctl(PR_SET_NAME, "a) R (b");
    pause();
}

static void do_nothing(void)
{
}

/* Waits as a process that waits for a disk does: the parent of vfork() cannot be interrupted. */
static void wait_for_vfork(void)
{
    pid_t parent = getpid();
    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

    if (pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) /* it may have been killed before that */
            pause();
        _exit(0);
    }
}

static void *compute_in_thread(void *argument)
{
    compute();
    return argument;
}

static void *sleep_in_thread(void *argument)
{
    pause();
    return argument;
}

static void start_thread(void *(*body)(void *) )
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, body, NULL) != 0)
        _exit(1);
}

static void compute_in_a_second_thread(void)
{
    start_thread(compute_in_thread);
    pause();
}

static void end_the_first_thread(void)
{
    start_thread(sleep_in_thread);
    pthread_exit(NULL);
}

static void the_state_of_a_process_is_read(void)
{
    struct process_stat stat = {0};
    pid_t               pid = start(sleep_with_a_name);
    double              age;

    WAIT_FOR(strcmp(stat_of(pid).name, "a) R (b") == 0 && stat_of(pid).state == 'S');
    stat = stat_of(pid);
    CHECK_EQUAL(stat.threads, 1);
    CHECK(!stat.is_exiting && !stat.leader_is_exiting);
    CHECK(stat.spent < 1);
    age = process_stat_age(stat.began);
    CHECK(age > -0.02 && age < 60);
    CHECK(!is_at_work(pid));
    end(pid);
    CHECK(!process_stat_read(pid, &stat));
    pid = start(do_nothing);
    wait_for_death(pid);
    stat = stat_of(pid);
    CHECK(stat.is_exiting && stat.leader_is_exiting && stat.state == 'Z');
    CHECK(!is_at_work(pid));
    CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
}

static void a_busy_process_is_at_work(void)
{
    pid_t pid = start(compute);

    WAIT_FOR(is_at_work(pid));
    WAIT_FOR(stat_of(pid).spent >= 0.05);
    CHECK(stat_of(pid).spent <= process_stat_age(stat_of(pid).began) + 0.05);
    end(pid);
    pid = start(wait_for_vfork);
    WAIT_FOR(stat_of(pid).state == 'D');
    CHECK(is_at_work(pid));
    end(pid);
    pid = start(compute_in_a_second_thread);
    WAIT_FOR(stat_of(pid).state == 'S' && stat_of(pid).threads == 2);
    WAIT_FOR(is_at_work(pid));
    end(pid);
    pid = start(end_the_first_thread);
    WAIT_FOR(stat_of(pid).state == 'Z');
    CHECK(stat_of(pid).leader_is_exiting && !stat_of(pid).is_exiting);
    WAIT_FOR(!is_at_work(pid));
    end(pid);
}

/* Sockets */

static void lines_of_the_table_are_read(void)
{
    static const char rest[] =
        " 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 7 12345 1 0 100";
    struct tcp_listener found = {0};
    char                line[300];

    (void) snprintf(line, sizeof(line), "   0: 0100007F:1F90%s", rest);
    CHECK(sockets_parse_tcp(line, &found));
    CHECK(found.family == AF_INET && found.host[0] == 0x0100007F && found.port == 8080 &&
          found.inode == 12345);
    (void) snprintf(line, sizeof(line), "  15: 00112233445566778899AABBCCDDEEFF:0001%s", rest);
    CHECK(sockets_parse_tcp(line, &found));
    CHECK(found.family == AF_INET6 && found.host[0] == 0x00112233 && found.host[3] == 0xCCDDEEFF);
    CHECK_EQUAL(found.port, 1);
    *strstr(line, "0A") = '1'; /* another state */
    CHECK(!sockets_parse_tcp(line, &found));
    (void) snprintf(line, sizeof(line), "   0: 0100007F0100007F:1F90%s", rest);
    CHECK(!sockets_parse_tcp(line, &found));
    CHECK(!sockets_parse_tcp("  sl  local_address rem_address   st tx_queue", &found));
}

static bool count_to_two(uint64_t inode, void *context)
{
    CHECK(inode > 0);
    return ++*(int *) context < 2;
}

static bool count_all(uint64_t inode, void *context)
{
    (void) inode;
    ++*(int *) context;
    return true;
}

/* Appends ADDRESS and a blank to the string CONTEXT. */
static void note_address(const char *address, void *context)
{
    (void) strcat(strcat(context, address), " ");
}

static void the_addresses_of_a_process_are_found(void)
{
    struct sockaddr_in  inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un  local = {.sun_family = AF_UNIX, .sun_path = "listens"};
    struct sockaddr_un  bound = {.sun_family = AF_UNIX, .sun_path = "bound"};
    socklen_t           size = sizeof(inet);
    char                found[1000] = "", wanted[100];
    int                 fds[4], before = 0, count = 0, open_before = test_count_open();

    sockets_visit(getpid(), count_all, &before);
    for (int i = 0; i < 4; i++)
        fds[i] = socket(i == 0   ? AF_INET
                        : i == 1 ? AF_INET6
                                 : AF_UNIX,
                        SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fds[0], (struct sockaddr *) &inet, sizeof(inet)) == 0 && listen(fds[0], 1) == 0);
    CHECK(getsockname(fds[0], (struct sockaddr *) &inet, &size) == 0);
    inet6.sin6_port = inet.sin_port;
    CHECK(bind(fds[2], (struct sockaddr *) &local, sizeof(local)) == 0 && listen(fds[2], 1) == 0);
    CHECK(bind(fds[3], (struct sockaddr *) &bound, sizeof(bound)) == 0);
    (void) snprintf(wanted, sizeof(wanted), "127.0.0.1:%u ", ntohs(inet.sin_port));
    if (fds[1] >= 0 && bind(fds[1], (struct sockaddr *) &inet6, sizeof(inet6)) == 0 &&
        listen(fds[1], 1) == 0)
        (void) snprintf(strchr(wanted, '\0'), 50, "[::1]:%u ", ntohs(inet.sin_port));
    (void) strcat(wanted, "listens ");
    listening_find(getpid(), note_address, found);
    CHECK(strstr(found, wanted) != NULL); /* this process may have been started with others */
    CHECK(strstr(found, "bound") == NULL);
    sockets_visit(getpid(), count_all, &count);
    CHECK_EQUAL(count, before + (fds[1] >= 0 ? 4 : 3));
    count = 0;
    sockets_visit(getpid(), count_to_two, &count);
    CHECK_EQUAL(count, 2);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    CHECK_EQUAL(test_count_open(), open_before); /* the searches have closed what they opened */
}

/* Usage */

#define HELD 20000000 /* the bytes of memory that a child has */

static void hold_memory(void)
{
    char *bytes = malloc(HELD);

    memset(bytes, 1, HELD);
    pause();
    _exit(bytes[17]);
}

static void have_two_children(void)
{
    (void) start(hold_memory);
    (void) start(hold_memory);
    pause();
}

static void wait_for_a_busy_child(void)
{
    (void) waitpid(start(compute_a_while), NULL, 0);
    pause();
}

static void the_use_of_living_processes_is_added(void)
{
    pid_t             pid = start(have_two_children);
    struct live_usage one, two, all;

    WAIT_FOR(live_usage_read(pid, 10).processes == 3);
    WAIT_FOR(live_usage_read(pid, 2).memory >= HELD && live_usage_read(pid, 3).memory >= 2 * HELD);
    one = live_usage_read(pid, 1);
    two = live_usage_read(pid, 2);
    all = live_usage_read(pid, 3);
    CHECK(one.processes == 1 && two.processes == 2 && all.processes == 3);
    CHECK(one.memory < HELD);
    CHECK(two.memory >= HELD && two.memory < 2 * HELD);
    CHECK(all.memory < 3 * HELD);
    CHECK(all.cpu < 2);
    end(pid);
    pid = start(compute);
    WAIT_FOR(live_usage_read(pid, 3).cpu >= 0.05);
    CHECK(live_usage_read(pid, 3).cpu <= process_stat_age(stat_of(pid).began) + 0.05);
    end(pid);
    pid = start(wait_for_a_busy_child); /* the children that a process has waited for count, too */
    WAIT_FOR(live_usage_read(pid, 1).cpu >= 0.08);
    CHECK(stat_of(pid).spent < 0.08);
    end(pid);
}

static uint64_t own_id; /* the id in the mark of the next child; 0: it has none */

static void be_marked(void)
{
    const struct rlimit mark = {mark_of(own_id), mark_of(own_id)};
    char               *bytes = malloc(HELD);

    if (own_id != 0 && prlimit(0, (unsigned) mark_resource(), &mark, NULL) < 0)
        _exit(1);
    if (own_id == 0)
        (void) setsid();
    memset(bytes, 1, HELD);
    compute_a_while();
    _exit(bytes[17] - 1);
}

static void ended_processes_count_to_their_threads(void)
{
    struct account account, other;
    struct usage   usage;
    siginfo_t      info = {0};
    pid_t          pid;

    mark_open();
    account_open(&account, 1024);
    account_open(&other, 2048);
    own_id = 1024;
    CHECK(!account_reap(&account, P_ALL, 0, &info));
    CHECK(!account_reap_any(P_ALL, 0));
    for (int i = 1; i <= 2; i++) {
        pid = start(be_marked);
        wait_for_death(pid);
        CHECK_EQUAL(mark_read(pid), 1024);
        CHECK(mark_is(pid, 1024) && !mark_is(pid, 6));
        CHECK(i == 1 ? account_reap_any(P_ALL, 0)
                     : account_reap(&account, P_PID, (id_t) pid, &info));
        CHECK(!account_reap_any(P_PID, (id_t) pid));
        usage = account_usage(&account);
        CHECK(usage.user + usage.system >= 0.09 * i && usage.user + usage.system < 0.09 * i + 1);
        CHECK(usage.memory >= HELD &&
              (usage.memory < 39000000 || TEST_SANITIZED)); /* the most at a time, not the sum */
    }
    CHECK(account_usage(&other).memory == 0);
    pid = start(do_nothing); /* a small process does not change the most */
    wait_for_death(pid);
    CHECK(account_reap(&account, P_PID, (id_t) pid, &info));
    CHECK(info.si_pid == pid && info.si_code == CLD_EXITED);
    CHECK(account_usage(&account).memory == usage.memory);
    own_id = 0;
    pid = start(be_marked);
    account_set_leader(&other, pid); /* without a mark the session decides */
    wait_for_death(pid);
    CHECK_EQUAL(mark_read(pid), 0);
    children_reap();
    CHECK(waitpid(-1, NULL, WNOHANG) < 0);
    CHECK(account_usage(&other).memory >= HELD);
    CHECK(account_usage(&other).user > 0);
    account_put(&other, &(struct usage){1, 2, 3});
    usage = account_usage(&other);
    CHECK(usage.user == 1 && usage.system == 2 && usage.memory == 3);
    account_close(&account);
    account_close(&other);
    own_id = 1024;
    usage = account.usage;
    pid = start(be_marked); /* of a thread that was forgotten */
    CHECK(!account_reap(&account, P_PID, (id_t) pid, &info) &&
          !account_reap_any(P_PID, (id_t) pid)); /* it lives */
    wait_for_death(pid);
    CHECK(account_reap_any(P_PID, (id_t) pid));
    CHECK(account.usage.user == usage.user && account.usage.system == usage.system);
    pid = start(do_nothing); /* of no thread, but it is reaped */
    wait_for_death(pid);
    CHECK(account_reap_any(P_PID, (id_t) pid));
}

static pthread_barrier_t barrier;

static void *keep_a_child(void *ret_pid)
{
    *(pid_t *) ret_pid = start(do_nothing);
    wait_for_death(*(pid_t *) ret_pid);
    (void) pthread_barrier_wait(&barrier);
    (void) pthread_barrier_wait(&barrier);
    return NULL;
}

static void children_of_other_threads_are_left_to_them(void)
{
    pthread_t thread;
    pid_t     pid;

    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    CHECK(pthread_create(&thread, NULL, keep_a_child, &pid) == 0);
    (void) pthread_barrier_wait(&barrier);
    CHECK(!account_reap_any(P_ALL, 0));
    CHECK(account_reap_any(P_PID, (id_t) pid)); /* unless the child is named */
    (void) pthread_barrier_wait(&barrier);
    CHECK(pthread_join(thread, NULL) == 0);
}

/* Marks and limits */

static void marks_name_threads(void)
{
    struct rlimit limit = {mark_of(0), mark_of(0)};

    CHECK_EQUAL(mark_resource(), -1);
    CHECK_EQUAL(mark_read(getpid()), 0);
    mark_open();
    CHECK(mark_resource() >= 0);
    CHECK_EQUAL(mark_id(mark_of(77)), 77);
    CHECK(mark_is_of(77, 77) && mark_is_of(mark_check_id(77), 77));
    CHECK(!mark_is_of(0, 0) && !mark_is_of(78, 77) && !mark_is_of(77, mark_check_id(77)));
    CHECK(mark_new_id() != mark_new_id());
    CHECK(!mark_is_of(mark_new_id(), 1) && !mark_is_of(mark_new_id(), 2));
    CHECK(prlimit(0, (unsigned) mark_resource(), &limit, NULL) == 0);
    CHECK_EQUAL(mark_read(getpid()), 0);
    CHECK_EQUAL(mark_read(99999999), 0); /* no such process */
    mark_open(); /* in a thread of another supervisor, whose mark must stay */
    CHECK_EQUAL(mark_resource(), RLIMIT_RSS);
    limit.rlim_cur = limit.rlim_max = mark_of(9);
    CHECK(prlimit(0, RLIMIT_RSS, &limit, NULL) == 0);
    CHECK_EQUAL(mark_read(getpid()), 9);
}

static void be_marked_and_wait(void)
{
    const struct rlimit mark = {mark_of(own_id), mark_of(own_id)};

    if (prlimit(0, (unsigned) mark_resource(), &mark, NULL) < 0)
        _exit(1);
    pause();
}

/* The limits of another user's process can be read only in /proc. */
static void marks_of_other_users_are_read(void)
{
    pid_t pids[2];

    if (geteuid() != 0)
        return;
    own_id = 5;
    for (int i = 0; i < 2; i++) { /* with either limit */
        const struct rlimit taken = {7, 7};
        pid_t               reader;
        int                 status;

        mark_open();
        pids[i] = start(be_marked_and_wait);
        WAIT_FOR(mark_read(pids[i]) == 5);
        reader = fork();
        if (reader == 0) {
            int before = test_count_open();

            _exit(setuid(65534) < 0 || mark_read(pids[i]) != 5 || mark_read(getpid()) != 0 ||
                  test_count_open() != before);
        }
        CHECK(waitpid(reader, &status, 0) == reader && status == 0);
        end(pids[i]);
        CHECK(prlimit(0, (unsigned) mark_resource(), &taken, NULL) == 0);
    }
}

/* Gives up root, so that no hard limit can be raised. */
static void become_ordinary(void)
{
    CHECK(geteuid() != 0 || setuid(65534) == 0);
}

static struct rlimit apply(enum limit limit, rlim_t soft, rlim_t hard, unsigned missed)
{
    struct limits wanted = *limits_started_with();
    struct rlimit got;

    wanted.of[limit] = (struct rlimit){soft, hard};
    CHECK_EQUAL(limits_apply(&wanted), missed);
    CHECK(getrlimit(limit == LIMIT_CORE  ? RLIMIT_CORE
                    : limit == LIMIT_CPU ? RLIMIT_CPU
                                         : RLIMIT_NOFILE,
                    &got) == 0);
    return got;
}

static void limits_are_raised_and_applied(void)
{
    const struct rlimit core = {10, 20}, files = {64, 128}, cpu = {1000, 2000};
    struct rlimit       got;

    become_ordinary();
    CHECK(setrlimit(RLIMIT_CORE, &core) == 0 && setrlimit(RLIMIT_NOFILE, &files) == 0 &&
          setrlimit(RLIMIT_CPU, &cpu) == 0);
    CHECK_EQUAL(limits_open(), 2000);
    CHECK(getrlimit(RLIMIT_NOFILE, &got) == 0 && got.rlim_cur == 128 && got.rlim_max == 128);
    CHECK(getrlimit(RLIMIT_CPU, &got) == 0 && got.rlim_cur == 2000);
    CHECK(getrlimit(RLIMIT_CORE, &got) == 0 &&
          got.rlim_cur == 10); /* a core file cannot hurt the supervisor */
    CHECK_EQUAL(limits_started_with()->of[LIMIT_NOFILE].rlim_cur, 64);
    CHECK_EQUAL(limits_started_with()->of[LIMIT_CPU].rlim_cur, 1000);
    got = apply(LIMIT_NOFILE, 64, 128, 0);
    CHECK(got.rlim_cur == 64 && got.rlim_max == 128);
    got = apply(LIMIT_CPU, 1500, 2000, 0);
    CHECK(got.rlim_cur == 1500 && got.rlim_max == 2000);
    got = apply(LIMIT_CORE, 5, 30, 1U << LIMIT_CORE); /* the nearest that is allowed */
    CHECK(got.rlim_cur == 5 && got.rlim_max == 20);
    got = apply(LIMIT_CORE, 25, 30, 1U << LIMIT_CORE);
    CHECK(got.rlim_cur == 20 && got.rlim_max == 20);
}

static void the_niceness_is_applied(void)
{
    const struct rlimit none = {0, 0};
    struct limits       wanted;
    int                 base = getpriority(PRIO_PROCESS, 0);

    become_ordinary();
    if (base > 17)
        return;
    CHECK(setrlimit(RLIMIT_NICE, &none) == 0 && setpriority(PRIO_PROCESS, 0, base + 1) == 0);
    (void) limits_open();
    wanted = *limits_started_with();
    CHECK_EQUAL(wanted.nice, base + 1);
    CHECK_EQUAL(limits_apply(&wanted), 0);
    wanted.nice = base + 2;
    CHECK_EQUAL(limits_apply(&wanted), 0);
    CHECK_EQUAL(getpriority(PRIO_PROCESS, 0), base + 2);
    wanted.nice = base;
    CHECK_EQUAL(limits_apply(&wanted), LIMITS_NICENESS);
}

static void limits_have_names(void)
{
    CHECK_EQUAL(limits_find("cpu"), LIMIT_CPU);
    CHECK_EQUAL(limits_find("rttime"), LIMIT_RTTIME);
    CHECK_EQUAL(limits_find("niceness"), -1);
    CHECK_TEXT(limits_name(LIMIT_CPU), "cpu");
    CHECK_TEXT(limits_name(LIMITS_COUNT - 1), "rttime");
    CHECK_TEXT(limits_name(LIMITS_COUNT), "niceness");
}

/* Checks that the explanation of ERROR is WANTED. */
static void check_explanation(int error, const char *wanted)
{
    struct text why = {0};

    limits_explain(&why, error);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, wanted);
    text_release(&why);
}

static void a_lack_is_explained_by_the_limit(void)
{
    const struct rlimit files = {100, 200}, tasks = {5000, 6000};

    CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
    if (geteuid() == 0)
        check_explanation(EAGAIN, ""); /* no such limit holds for root */
    become_ordinary();
    check_explanation(ENOMEM, "");
    check_explanation(
        EMFILE, "; the supervisor's own limit is 100 open files: shut it down and start it again "
                "under a higher 'ulimit -n'");
    CHECK(setrlimit(RLIMIT_NPROC, &tasks) == 0);
    check_explanation(
        EAGAIN,
        "; the supervisor's own limit is 5000 processes and threads of its user: shut it down "
        "and start it again under a higher 'ulimit -u'");
}

TEST_MAIN({"state", the_state_of_a_process_is_read}, {"busy", a_busy_process_is_at_work},
          {"table", lines_of_the_table_are_read},
          {"addresses", the_addresses_of_a_process_are_found},
          {"live", the_use_of_living_processes_is_added},
          {"accounts", ended_processes_count_to_their_threads},
          {"threads", children_of_other_threads_are_left_to_them}, {"marks", marks_name_threads},
          {"other-users", marks_of_other_users_are_read}, {"limits", limits_are_raised_and_applied},
          {"niceness", the_niceness_is_applied}, {"limit-names", limits_have_names},
          {"lack", a_lack_is_explained_by_the_limit})
