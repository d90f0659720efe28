# The programs of tests/cli. Those that test parts of the program alone take from an archive what they call, and define
# themselves what a part shall call instead. See parts.bats.

PARTS := $(BUILD)/tests/cli/parts.a

$(PARTS): $(filter-out $(BUILD)/cli/main.c.o,$(CLI_OBJECTS))
	$(call say,AR,$@)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

OF_PARTS := $(filter-out %/quick %/quick_libc,$(filter $(BUILD)/tests/cli/%,$(TEST_PROGRAMS)))
$(OF_PARTS): $(PARTS)
$(OF_PARTS): TEST_LIBS = $(PARTS) -Wl,--as-needed $(SHARED_LIBS)

# These put functions in front of others, also of the C library.
$(BUILD)/tests/cli/bell: TEST_LDFLAGS = -Wl,--wrap=poll,--wrap=syscall,--wrap=stat,--wrap=listen
$(BUILD)/tests/cli/agent_methods: TEST_LDFLAGS = -Wl,--wrap=getsid,--wrap=calloc
$(BUILD)/tests/cli/raises: TEST_LDFLAGS = -Wl,--wrap=calloc
$(BUILD)/tests/cli/caller: TEST_LDFLAGS = -Wl,--wrap=malloc
$(BUILD)/tests/cli/carrier: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=write
$(BUILD)/tests/cli/check_command: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=clock_until
$(BUILD)/tests/cli/client: TEST_LDFLAGS = -Wl,--wrap=send,--wrap=recv
$(BUILD)/tests/cli/connections: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=poll,--wrap=k3thread_poll \
	-Wl,--wrap=clock_until,--wrap=connect,--wrap=getpeername,--wrap=send
$(BUILD)/tests/cli/course: TEST_LDFLAGS = -Wl,--wrap=array_room,--wrap=array_reach
$(BUILD)/tests/cli/arrivals: TEST_LDFLAGS = -Wl,--wrap=malloc,--wrap=strdup
$(BUILD)/tests/cli/callers $(BUILD)/tests/cli/doors: TEST_LDFLAGS = -Wl,--wrap=accept4,--wrap=epoll_ctl,--wrap=kill,--wrap=getsockopt
$(BUILD)/tests/cli/callers $(BUILD)/tests/cli/doors: TEST_LDFLAGS += -Wl,--wrap=geteuid,--wrap=clock_monotonic
$(BUILD)/tests/cli/calls $(BUILD)/tests/cli/dispatching: TEST_LDFLAGS = -Wl,--wrap=malloc
$(BUILD)/tests/cli/executions: TEST_LDFLAGS = -Wl,--wrap=read,--wrap=epoll_ctl
$(BUILD)/tests/cli/ends: TEST_LDFLAGS = -Wl,--wrap=kill
$(BUILD)/tests/cli/display: TEST_LDFLAGS = -Wl,--wrap=poll,--wrap=descriptors_reopen,--wrap=newterm,--wrap=fdopen
$(BUILD)/tests/cli/guardian: TEST_LDFLAGS = -Wl,--wrap=syscall
$(BUILD)/tests/cli/far_side: TEST_LDFLAGS = -Wl,--wrap=malloc
$(BUILD)/tests/cli/followers: TEST_LDFLAGS = -Wl,--wrap=calloc
$(BUILD)/tests/cli/far_log: TEST_LDFLAGS = -Wl,--wrap=pwrite
$(BUILD)/tests/cli/host_way: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic
$(BUILD)/tests/cli/joins: TEST_LDFLAGS = -Wl,--wrap=disk_is_full
$(BUILD)/tests/cli/inner_list: TEST_LDFLAGS = -Wl,--wrap=array_room

$(BUILD)/tests/cli/leash: TEST_LDFLAGS = -Wl,--wrap=syscall
$(BUILD)/tests/cli/lacks: TEST_LDFLAGS = -Wl,--wrap=syscall,--wrap=uname
$(BUILD)/tests/cli/json: TEST_LDFLAGS = -Wl,--wrap=malloc
$(BUILD)/tests/cli/link: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=epoll_wait
$(BUILD)/tests/cli/lock_wait: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=nanosleep
$(BUILD)/tests/cli/loop: TEST_LDFLAGS = -Wl,--wrap=epoll_wait,--wrap=epoll_ctl,--wrap=read,--wrap=clock_monotonic
$(BUILD)/tests/cli/needing $(BUILD)/tests/cli/peers $(BUILD)/tests/cli/placing: TEST_LDFLAGS = -Wl,--wrap=calloc
$(BUILD)/tests/cli/notify: TEST_LDFLAGS = -Wl,--wrap=recvmsg,--wrap=bind
$(BUILD)/tests/cli/places: TEST_LDFLAGS = -Wl,--wrap=uname,--wrap=directory_make_new
$(BUILD)/tests/cli/shown: TEST_LDFLAGS = -Wl,--wrap=poll
$(BUILD)/tests/cli/start_wait: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic
$(BUILD)/tests/cli/top_loop: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=poll
$(BUILD)/tests/cli/top_screen: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic
$(BUILD)/tests/cli/tree: TEST_LDFLAGS = -Wl,--wrap=children_read,--wrap=children_list
$(BUILD)/tests/cli/view: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic

# The parts of a worker.
$(BUILD)/tests/cli/cleanup $(BUILD)/tests/cli/ending: TEST_LDFLAGS = \
	-Wl,--wrap=kill,--wrap=getpgid,--wrap=clock_monotonic,--wrap=clock_until,--wrap=k3thread_poll,--wrap=tdestroy
$(BUILD)/tests/cli/execution: TEST_LDFLAGS = \
	-Wl,--wrap=clock_monotonic,--wrap=clock_until,--wrap=k3thread_poll,--wrap=poll
$(BUILD)/tests/cli/far_data $(BUILD)/tests/cli/far_run: TEST_LDFLAGS = -Wl,--wrap=poll
$(BUILD)/tests/cli/far_probe: TEST_LDFLAGS = -Wl,--wrap=k3thread_poll
$(BUILD)/tests/cli/left: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=clock_until,--wrap=k3thread_poll
$(BUILD)/tests/cli/life: TEST_LDFLAGS = \
	-Wl,--wrap=clock_monotonic,--wrap=clock_wall,--wrap=clock_until,--wrap=k3thread_sleep
$(BUILD)/tests/cli/raised: TEST_LDFLAGS = -Wl,--wrap=kill
$(BUILD)/tests/cli/starting: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=clock_wall
$(BUILD)/tests/cli/loading: TEST_LDFLAGS = -Wl,--wrap=access,--wrap=readlink
$(BUILD)/tests/cli/run_terminal: TEST_LDFLAGS = \
	-Wl,--wrap=read,--wrap=clock_monotonic,--wrap=clock_until,--wrap=k3thread_poll
$(BUILD)/tests/cli/worker: TEST_LDFLAGS = -Wl,--wrap=fallocate,--wrap=free
$(BUILD)/tests/cli/tokens: TEST_LDFLAGS = -Wl,--wrap=inotify_add_watch,--wrap=mkfifo,--wrap=pipe2
$(BUILD)/tests/cli/children_end: TEST_LDFLAGS = \
	-Wl,--wrap=clock_monotonic,--wrap=poll,--wrap=waitpid,--wrap=nanosleep,--wrap=syscall
$(BUILD)/tests/cli/raise_limits: TEST_LDFLAGS = \
	-Wl,--wrap=getrlimit,--wrap=setrlimit,--wrap=getpriority,--wrap=setpriority
$(BUILD)/tests/cli/adoption: TEST_LDFLAGS = \
	-Wl,--wrap=clock_monotonic,--wrap=prctl,--wrap=pread,--wrap=waitid,--wrap=getsid,--wrap=nanosleep \
	-Wl,--wrap=pthread_mutex_lock,--wrap=pthread_mutex_unlock

# The C library of the quick way, whose names begin with quick_ here.
$(BUILD)/tests/cli/quick_names.o: $(BUILD)/quick/cli/quick/libc.c.o
	$(Q)$(NM) --defined-only -g $< | sed -E 's/.* (.+)/\1 quick_\1/' >$@.names
	$(Q)$(OBJCOPY) --redefine-syms=$@.names $< $@
$(BUILD)/tests/cli/quick_libc: $(BUILD)/tests/cli/quick_names.o

# The course of the quick way. The test defines what it calls.
$(BUILD)/tests/cli/quick_way: $(BUILD)/quick/cli/quick/quick.c.o
$(BUILD)/tests/cli/quick_way: TEST_LDFLAGS = -Wl,--wrap=close,--wrap=_exit

# The quick way without the part that runs before the C library has begun.
$(BUILD)/tests/cli/quick: $(filter-out %/quick/libc.c.o %/quick/quick.c.o %/entry.S.o,$(QUICK_OBJECTS))
$(BUILD)/tests/cli/quick: TEST_LIBS = -ljansson

# A command that follows logs reads what is ready.
$(BUILD)/tests/cli/followed_logs: TEST_LDFLAGS = -Wl,--wrap=poll,--wrap=read
