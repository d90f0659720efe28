# k3thread: the library, the program, and everything that checks them.
#
#   make help     what there is to make
#   make V=1      show the commands
#
# Sources are found by wildcard, so that a new file needs no line here. Whatever is built goes to $(BUILD).

VERSION = 0.1.0
# Before 1.0 each minor version may change the binary interface. lib/libk3thread.map has the same version.
version = $(word $1,$(subst ., ,$(VERSION)))
SONAME  = libk3thread.so.$(call version,1)$(if $(filter 0,$(call version,1)),.$(call version,2))

comma := ,
BUILD ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

# make cannot name a file that has a blank in its path. A link without a blank leads to such a directory.
ifneq ($(words $(BUILD)),1)
FAR_BUILD := $(BUILD)
override BUILD := build-$(firstword $(shell printf %s '$(FAR_BUILD)' | cksum))
$(if $(shell mkdir -p '$(FAR_BUILD)' && ln -sfn "$$(realpath '$(FAR_BUILD)')" $(BUILD) || echo failed),\
	$(error Because of the blank in BUILD, make needs the directory $(FAR_BUILD), and a link to it here))
endif

# `make install` installs what was built: the variables of the last build hold, unless its command line has
# others. So sudo, or another environment, changes nothing. The rule of $(BUILD)/flags writes the file.
SETTINGS := CC CXX AR NM OBJCOPY CPPFLAGS CFLAGS CXXFLAGS LDFLAGS STATIC QUICK WERROR HOST_RUNPATH
ifeq ($(MAKECMDGOALS),install)
-include $(BUILD)/settings
endif

# Variables that a user may set, in the environment or on the command line.

# CROSS_COMPILE=aarch64-linux-gnu- chooses the tools that are not chosen one by one. make has values of its own for
# CC, CXX and AR, so ?= does not set them; the environment does.
CROSS_COMPILE ?=
tool = $(if $(CROSS_COMPILE),$(if $(filter default undefined,$(origin $1)),$(eval $1 := $(CROSS_COMPILE)$2)))
$(call tool,CC,gcc)$(call tool,CXX,g++)$(call tool,AR,ar)$(call tool,NM,nm)$(call tool,OBJCOPY,objcopy)
NM       ?= nm
OBJCOPY  ?= objcopy
CFLAGS   ?= -O2 -g
CXXFLAGS ?= $(CFLAGS)
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/k3thread
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
DATADIR    ?= $(PREFIX)/share
PYTHONDIR  ?= $(DATADIR)/k3thread/python
UNITDIR    ?= $(DATADIR)/systemd/user
# Where each shell looks for its completions.
COMPLETIONDIR_bash ?= $(DATADIR)/bash-completion/completions
COMPLETIONDIR_zsh  ?= $(DATADIR)/zsh/site-functions
COMPLETIONDIR_fish ?= $(DATADIR)/fish/vendor_completions.d
# Where k3thread-host finds libk3thread.so besides the directories of the system; empty: only there.
HOST_RUNPATH ?= $$ORIGIN:$$ORIGIN/../../lib
SANITIZE ?=
WERROR   ?=
V        ?=

# STATIC= links the program against shared libraries, as sanitizers need it.
STATIC   ?= $(if $(SANITIZE),,1)

# QUICK= begins the program with the C library: see cli/quick/quick.h.
QUICK    ?= $(STATIC)

# Flags

WARNINGS  = -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
OPTIMISED = $(filter-out -O0,$(filter -O%,$(CFLAGS)))
# FORTIFY works only with optimisation. It would hide from the sanitizers the errors that it finds itself.
# A distributor may choose its level.
FORTIFIED = $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))
HARDENING = -fstack-protector-strong \
	$(if $(SANITIZE)$(FORTIFIED),,$(if $(OPTIMISED),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
SANITIZER = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined)

K3_CPPFLAGS = -D_GNU_SOURCE -DK3THREAD_VERSION='"$(VERSION)"' -I. -Ilib/include $(CPPFLAGS)
# -fexceptions: an exception that a thread throws runs the cleanups of every frame it leaves.
K3_CFLAGS   = -std=gnu11 -pthread -fexceptions $(WARNINGS) $(HARDENING) $(CFLAGS)
K3_CXXFLAGS = -std=gnu++17 -pthread $(WARNINGS) $(HARDENING) $(CXXFLAGS)
# --eh-frame-hdr: the unwinder needs these tables, and musl-gcc does not ask for them.
K3_LDFLAGS  = -pthread -Wl,-z,relro,-z,now,-z,noexecstack,--eh-frame-hdr $(SANITIZER) $(LDFLAGS)

# -fno-lto: a program may be linked by another compiler, and safepoints are found by where functions begin.
LIB_CFLAGS = -fPIC -fvisibility=hidden -fno-lto
K3_ASFLAGS = -include lib/landing.inc
CLI_CFLAGS = -fPIE -ffunction-sections -fdata-sections
CLI_WRAPS = -Wl,--wrap=_dl_get_origin,--wrap=__cxa_thread_atexit_impl
CLI_LDFLAGS = -fPIE $(if $(STATIC),-static-pie,-pie) -Wl,--gc-sections $(CLI_WRAPS) \
	$(if $(QUICK),-Wl$(comma)-e$(comma)quick_entry)
# For the code that runs before the C library has begun: see cli/quick/quick.h.
QUICK_CFLAGS = -O2 -ffreestanding -fno-builtin -fno-jump-tables -fno-stack-protector \
	-fno-exceptions -fno-lto -U_FORTIFY_SOURCE
SHARED_LIBS = -ljansson -ledit -lncursesw -ltinfo -lm
# A static link also needs the libraries that libedit uses to be named.
STATIC_LIBS = -lbsd -lmd
CLI_LIBS = $(SHARED_LIBS) $(if $(STATIC),$(STATIC_LIBS))

# Sources and objects

LIB_SOURCES := $(sort $(filter-out lib/safepoint.c,$(wildcard lib/*.c lib/*.S)))
HOST_SOURCES := $(sort $(wildcard cli/host/*.c))
CLI_SOURCES := $(filter-out $(HOST_SOURCES) cli/quick/none.c,$(sort $(wildcard cli/*.[cS] cli/*/*.[cS] cli/*/*/*.[cS])))
HOST_OBJECTS := $(HOST_SOURCES:%=$(BUILD)/%.o)
LIB_OBJECTS := $(LIB_SOURCES:%=$(BUILD)/%.o)
# A static program cannot replace the C library's exit: see lib/exit_call.c.
STATICLIB_OBJECTS := $(filter-out %/exit_call.c.o,$(LIB_OBJECTS))
# The quick way is one object. It is made of its own sources and of these, which the program uses too.
QUICK_SHARED  := $(addprefix cli/,base/line_buffer.c base/partial_write.c base/standard.c base/text.c \
	client/current_directory.c client/request.c client/wire.c place/socket.c place/socket_path.c rpc/base64.c rpc/envelope.c \
	rpc/escape.c rpc/member.c rpc/write.c view/output.c)
QUICK_OBJECTS := $(patsubst %,$(BUILD)/quick/%.o,$(filter cli/quick/%,$(CLI_SOURCES)) $(QUICK_SHARED))
CLI_OBJECTS   := $(patsubst %,$(BUILD)/%.o,$(filter-out cli/quick/%,$(CLI_SOURCES))) \
	$(BUILD)/$(if $(QUICK),quick.o,cli/quick/none.c.o)

PROGRAM   := $(BUILD)/k3thread
HOST      := $(BUILD)/k3thread-host
STATICLIB := $(BUILD)/libk3thread.a
SHAREDLIB := $(BUILD)/libk3thread.so.$(VERSION)
SAFEPOINT := $(BUILD)/libk3thread_safepoint.a
COMPLETION_bash = $(COMPLETIONDIR_bash)/k3thread
COMPLETION_zsh  = $(COMPLETIONDIR_zsh)/_k3thread
COMPLETION_fish = $(COMPLETIONDIR_fish)/k3thread.fish
SHELLS         := bash zsh fish

MANPAGES  := $(wildcard man/*.[1-8])
# PAGE:NAME for each further name of a page of section 3.
MANLINKS   = $(shell awk '/^\.Sh/ { inside = $$2 == "NAME" } \
	inside && $$1 == ".Nm" && FILENAME != "man/" $$2 ".3" { print FILENAME ":" $$2 }' man/*.3)

# A C or C++ file in one of these directories is a program of the tests, $(BUILD)/tests/DIR/NAME.
# tests/DIR/rules.mk may take one out of TEST_PROGRAMS, or add flags and rules of its own.
TEST_SOURCES  := $(sort $(wildcard $(foreach dir,lib cli parts/* attach bench,tests/$(dir)/*.c tests/$(dir)/*.cc)))
TEST_PROGRAMS := $(basename $(TEST_SOURCES:%=$(BUILD)/%))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

-include tests/lib/rules.mk tests/parts/rules.mk tests/attach/rules.mk tests/bench/rules.mk \
	tests/faults/rules.mk tests/fuzz/rules.mk

ifeq ($(V),)
Q := @
say = @printf '  %-4s %s\n' $(1) $(2)
endif

# Targets

.PHONY: all
all: $(PROGRAM) $(HOST) $(STATICLIB) $(SHAREDLIB) $(SAFEPOINT) ## the program and the library (the default)

.PHONY: library
library: $(STATICLIB) $(SHAREDLIB) $(SAFEPOINT) ## the library alone

# The program is copied to its place in one go. A linker writes in small pieces; the page cache then holds
# the file as single pages, and each start of the program has more page faults.
$(PROGRAM): $(CLI_OBJECTS) $(STATICLIB) $(BUILD)/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(K3_CFLAGS) $(CLI_LDFLAGS) $(K3_LDFLAGS) -o $@.linked \
		$(CLI_OBJECTS) $(STATICLIB) $(CLI_LIBS)
	$(Q)rm -f $@ && cp $@.linked $@ && rm $@.linked

# The program that calls functions of libraries is linked against the shared library, so that a library that uses
# it too gets the same one. It finds it where it was built or installed; LD_LIBRARY_PATH comes first.
$(HOST): $(HOST_OBJECTS) $(SHAREDLIB) $(BUILD)/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(K3_CFLAGS) -fPIE -pie $(K3_LDFLAGS) $(if $(HOST_RUNPATH),-Wl$(comma)--enable-new-dtags \
		-Wl$(comma)-rpath$(comma)'$(HOST_RUNPATH)') -o $@ $(HOST_OBJECTS) $(SHAREDLIB) -ldl

# The place that was configured when the program was compiled; the program also looks beside itself.
$(BUILD)/cli/worker/host_path.c.o: K3_CPPFLAGS += -DLIBEXECDIR='"$(LIBEXECDIR)"'

$(STATICLIB): $(STATICLIB_OBJECTS) $(BUILD)/flags
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(STATICLIB_OBJECTS)

# -z nodelete: the library is never unloaded, because its threads run in it. glibc before 2.34 has dlsym() in -ldl.
$(SHAREDLIB): $(LIB_OBJECTS) lib/libk3thread.map lib/libk3thread.dynamic $(BUILD)/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(K3_CFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=lib/libk3thread.map \
		-Wl,--dynamic-list=lib/libk3thread.dynamic -Wl,-z,nodelete \
		$(if $(SANITIZE),,-Wl,-z,defs) $(K3_LDFLAGS) -o $@ $(LIB_OBJECTS) -ldl
	$(Q)ln -sf $(@F) $(BUILD)/$(SONAME)
	$(Q)ln -sf $(SONAME) $(BUILD)/libk3thread.so

$(SAFEPOINT): $(BUILD)/lib/safepoint.c.o
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $<

# The hook runs on every edge of its caller. So the hook itself has no sanitizer and no hook.
$(BUILD)/lib/safepoint.c.o: SANITIZER =
$(BUILD)/lib/%.c.o: lib/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) $(LIB_CFLAGS) $(SANITIZER) -MMD -MP -c -o $@ $<

$(BUILD)/lib/%.S.o: lib/%.S $(BUILD)/flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) $(LIB_CFLAGS) $(K3_ASFLAGS) -MMD -MP -c -o $@ $<

# Leaves out functions that are not called. The rest must be complete, and hidden from the program.
$(BUILD)/quick.o: $(QUICK_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) -r -nostdlib -Wl,--gc-sections,-e,quick_entry,-u,quick_take -o $@ $(QUICK_OBJECTS)
	$(Q)$(OBJCOPY) -G quick_entry -G quick_take $@
	$(Q)$(OBJCOPY) --strip-unneeded $@ $@.needed
	@! $(NM) -u $@.needed | grep -v -e ' _start$$' -e ' _GLOBAL_OFFSET_TABLE_$$' || \
		{ echo 'QUICK_SHARED calls what cli/quick/libc.c does not have' >&2; exit 1; }

$(BUILD)/quick/%.S.o: %.S $(BUILD)/flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) $(K3_ASFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/quick/%.c.o: %.c $(BUILD)/flags | $(BUILD)/packages
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) $(CLI_CFLAGS) $(QUICK_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/cli/%.c.o: cli/%.c $(BUILD)/flags | $(BUILD)/packages
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) $(CLI_CFLAGS) $(SANITIZER) -MMD -MP -c -o $@ $<

# An assembler file of the program has no code, and includes files.
$(BUILD)/cli/%.S.o: cli/%.S $(BUILD)/flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) $(CLI_CFLAGS) $(K3_ASFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/cli/commands/completion_scripts.S.o: $(wildcard etc/completion/*)

# Programs of the tests. TEST_CFLAGS, TEST_LDFLAGS and TEST_LIBS are for target-specific values in a rules.mk.
#
# A test that defines __wrap_f() puts it in front of the function f().
TEST_WRAPS = $$($(NM) --defined-only $(filter %.o,$^) | sed -n 's/.* [TW] __wrap_/-Wl,--wrap=/p')

$(BUILD)/tests/%.c.o: tests/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) -fPIE $(SANITIZER) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.cc.o: tests/%.cc $(BUILD)/flags
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(K3_CPPFLAGS) $(K3_CXXFLAGS) -fPIE $(SANITIZER) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.c.o $(STATICLIB) $(SAFEPOINT)
	$(call say,LINK,$@)
	$(Q)$(CC) $(K3_CFLAGS) $(if $(filter -static,$(TEST_LDFLAGS) $(LDFLAGS)),,-pie) $(K3_LDFLAGS) $(TEST_LDFLAGS) $(TEST_WRAPS) \
		-o $@ $(filter %.o,$^) $(TEST_LIBS) $(STATICLIB)

$(BUILD)/tests/%: $(BUILD)/tests/%.cc.o $(STATICLIB) $(SAFEPOINT)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(K3_CXXFLAGS) -pie $(K3_LDFLAGS) $(TEST_LDFLAGS) $(TEST_WRAPS) \
		-o $@ $(filter %.o,$^) $(TEST_LIBS) $(STATICLIB)

# A changed flag, compiler or list of sources rebuilds all that depends on it. The record of them is
# written only when it has changed. It comes before the first object, and so does the check of the processor.

define RECORD
$(CC) $(CXX) $(AR) $(K3_CPPFLAGS) $(K3_CFLAGS) $(K3_CXXFLAGS) $(LIB_CFLAGS) $(CLI_CFLAGS)
$(SANITIZER) $(K3_LDFLAGS) $(CLI_LDFLAGS) $(CLI_LIBS) $(QUICK_CFLAGS)
$(LIB_SOURCES) $(CLI_SOURCES) $(HOST_SOURCES) $(if $(QUICK),quick) $(HOST_RUNPATH)
endef
export RECORD

# A line for each of the SETTINGS, as make reads it.
define newline


endef
hash := \#
export RECORDED = $(foreach name,$(SETTINGS),$(name) = $(subst $(hash),\$(hash),$(subst $$,$$$$,$($(name))))$(newline))

.PHONY: FORCE
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$RECORDED" | cmp -s - $(@D)/settings || printf '%s\n' "$$RECORDED" >$(@D)/settings
	@printf '%s\n' "$$RECORD" | cmp -s - $@ || { \
		$(CC) $(K3_CPPFLAGS) $(CFLAGS) -E -o $@ -x c lib/processor.inc && printf '%s\n' "$$RECORD" >$@; }

# Names a missing package before a compiler fails with a less clear message.
$(BUILD)/packages: export CC := $(CC)
$(BUILD)/packages: export CFLAGS := $(CFLAGS)
$(BUILD)/packages: export CPPFLAGS := $(CPPFLAGS)
$(BUILD)/packages: export LDFLAGS := $(LDFLAGS)
$(BUILD)/packages: export STATIC := $(STATIC)
$(BUILD)/packages:
	@mkdir -p $(@D)
	@tests/deps.sh --check build
	@touch $@

-include $(LIB_OBJECTS:.o=.d) $(HOST_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(QUICK_OBJECTS:.o=.d) \
	$(TEST_SOURCES:%=$(BUILD)/%.d) \
	$(BUILD)/lib/safepoint.c.d

# Installation. It writes nothing below BUILD that was built before, so root leaves no file there.

SHOW_PC = sed -e 's|@VERSION@|$(VERSION)|' -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@PYTHONDIR@|$(PYTHONDIR)|' lib/k3thread.pc.in
SHOW_UNIT = sed 's|@BINDIR@|$(BINDIR)|' etc/k3thread.service.in

.PHONY: install
install: all ## install under PREFIX (DESTDIR and the directories above)
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)'
	install -m 755 $(PROGRAM) '$(DESTDIR)$(BINDIR)/k3thread'
	install -D -m 755 $(HOST) '$(DESTDIR)$(LIBEXECDIR)/k3thread-host'
	install -m 644 lib/include/k3thread.h '$(DESTDIR)$(INCLUDEDIR)/k3thread.h'
	install -m 644 $(STATICLIB) $(SAFEPOINT) '$(DESTDIR)$(LIBDIR)'
	install -m 755 $(SHAREDLIB) '$(DESTDIR)$(LIBDIR)'
	ln -sf $(notdir $(SHAREDLIB)) '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libk3thread.so'
	$(SHOW_PC) | install -m 644 /dev/stdin '$(DESTDIR)$(LIBDIR)/pkgconfig/k3thread.pc'
	for page in $(MANPAGES); do \
		install -D -m 644 $$page '$(DESTDIR)$(MANDIR)'/man$${page##*.}/$${page##*/} || exit; \
	done
	$(SHOW_UNIT) | install -D -m 644 /dev/stdin '$(DESTDIR)$(UNITDIR)/k3thread.service'
	install -D -m 644 lib/python/k3thread.py '$(DESTDIR)$(PYTHONDIR)/k3thread.py'
	install -D -m 644 tests/service/k3thread.bash '$(DESTDIR)$(DATADIR)/k3thread/k3thread.bash'
	set -- $(foreach shell,$(SHELLS),'$(DESTDIR)$(COMPLETION_$(shell))'); for shell in $(SHELLS); do \
		install -D -m 644 etc/completion/k3thread.$$shell "$$1" && shift || exit; \
	done
	for link in $(MANLINKS); do \
		page=$${link%%:*}; echo ".so man3/$${page##*/}" | \
			install -m 644 /dev/stdin '$(DESTDIR)$(MANDIR)'/man3/$${link##*:}.3 || exit; \
	done

.PHONY: uninstall
uninstall: ## remove what install has installed
	rm -f '$(DESTDIR)$(BINDIR)/k3thread' '$(DESTDIR)$(LIBEXECDIR)/k3thread-host' \
		'$(DESTDIR)$(INCLUDEDIR)/k3thread.h'
	rm -f $(foreach file,$(notdir $(STATICLIB) $(SAFEPOINT) $(SHAREDLIB)) $(SONAME) libk3thread.so \
		pkgconfig/k3thread.pc,'$(DESTDIR)$(LIBDIR)/$(file)')
	rm -f '$(DESTDIR)$(UNITDIR)/k3thread.service' '$(DESTDIR)$(DATADIR)/k3thread/k3thread.bash' \
		'$(DESTDIR)$(PYTHONDIR)/k3thread.py' $(foreach shell,$(SHELLS),'$(DESTDIR)$(COMPLETION_$(shell))')
	rm -f $(foreach page,$(MANPAGES),'$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))') \
		$(foreach link,$(MANLINKS),'$(DESTDIR)$(MANDIR)/man3/$(lastword $(subst :, ,$(link))).3')

# Checks. The scripts and tests find the build by BUILD and K3THREAD.

TESTS ?= $(wildcard tests/*.bats tests/*/*.bats)
BATS  ?= bats
# How many files of tests run at a time; bats needs GNU parallel to run more than one.
JOBS  ?= 2
BATS_JOBS = $$([ '$(JOBS)' = 1 ] || ! parallel --version 2>/dev/null | grep -q '^GNU parallel' || \
	echo --jobs '$(JOBS)' --no-parallelize-within-files)
# How many seconds a test may take, so that a test that hangs fails. It is enough under sanitizers too.
BATS_TEST_TIMEOUT ?= 300
CHECK_ENV = BUILD='$(abspath $(BUILD))' K3THREAD='$(abspath $(PROGRAM))' CC='$(CC)' CXX='$(CXX)' \
	SANITIZE='$(SANITIZE)' VERSION='$(VERSION)' MAKE='$(MAKE)' \
	BATS_TEST_TIMEOUT='$(BATS_TEST_TIMEOUT)'

.PHONY: tests
tests: all $(TEST_PROGRAMS) ## the programs that the tests use

# The library and those of its tests that are in C.
CXX_PROGRAMS := $(patsubst %.cc,$(BUILD)/%,$(filter %.cc,$(TEST_SOURCES)))
LIB_TESTS := $(filter-out $(CXX_PROGRAMS),$(filter $(BUILD)/tests/lib/% $(BUILD)/tests/bench/lib-%,$(TEST_PROGRAMS)))

.PHONY: lib-tests static-lib-tests
lib-tests: library $(LIB_TESTS)
static-lib-tests: $(STATICLIB) $(SAFEPOINT) $(LIB_TESTS)

# Installs packages first, then runs a second make: this make has already looked for their files.
.PHONY: check
check: ## install missing packages, build, run the tests (TESTS=FILES: only these; JOBS=N; SANITIZE=…)
	@tests/deps.sh build check
	@tests/deps.sh --optional jobs browser parallel hosts musl $(if $(filter x86_64,$(shell uname -m)),cross)
	@$(MAKE) --no-print-directory tests
	@$(CHECK_ENV) PARALLEL_SHELL='$(abspath tests/parallel.sh)' $(BATS) $(BATS_JOBS) $(TESTS)

.PHONY: check-headers
check-headers: ## every header compiles alone; the public one as C11 and C++ too
	@$(CHECK_ENV) tests/headers.sh

.PHONY: check-layers
check-layers: ## no file includes a header of a layer above it
	@tests/layers.sh

.PHONY: check-valgrind
check-valgrind: BATS_TEST_TIMEOUT = 1800
check-valgrind: ## the library's tests under valgrind
	@tests/deps.sh build check valgrind
	@$(MAKE) --no-print-directory tests
	@$(CHECK_ENV) RUNNER='valgrind --quiet --error-exitcode=99 --leak-check=full' \
		$(BATS) $(wildcard tests/lib/*.bats)

.PHONY: check-musl
check-musl: ## build library and program with musl (MUSL_CC=musl-gcc), and run tests (TESTS=FILES of the program)
	@tests/deps.sh build check musl musl-program
	@$(MAKE) --no-print-directory tests
	@$(CHECK_ENV) BATS='$(BATS)' tests/musl/run
	@$(CHECK_ENV) BATS='$(BATS)' TESTS='$(if $(filter file,$(origin TESTS)),,$(TESTS))' tests/musl/run-program

.PHONY: k3thread-musl
k3thread-musl: ## the static program with musl, in BUILD/k3thread-musl; Debian's sources are fetched (MUSL_CC=musl-gcc)
	@tests/deps.sh build musl musl-program
	@$(CHECK_ENV) tests/musl/program

.PHONY: check-model
check-model: ## the model of the wake-up, by Spin
	@CC='$(CC)' tests/lib/model

# Each of the other checks is an executable beside the files that it runs: RUN.
.PHONY: check-faults check-arrivals check-hosts check-mutants fuzz bench bench-lib
check-faults:  RUN = tests/faults/run  ## kill, starve and break the program at random (SEED=N repeats a run)
check-arrivals: RUN = tests/attach/run ## raise 100,000 exceptions into processes that end at random (COUNT=N SEED=N)
check-hosts:    RUN = tests/hosts/run  ## cut runs off from their machines at random (CUTS=N SEED=N), and leases
check-mutants: RUN = tests/mutants/run ## put faults into the code, and check that the tests find them
fuzz:          RUN = tests/fuzz/run    ## fuzz the wire, the script reader and the command line
bench:         RUN = tests/bench/run   ## compare the program's times with its lower bound and with other tools
bench-lib:     RUN = tests/bench/lib   ## compare the library's times with those of plain pthreads
check-faults check-arrivals check-hosts check-mutants fuzz bench bench-lib:
	@tests/deps.sh build check $@
	@$(if $(filter check-hosts,$@),tests/deps.sh --optional hosts)
	@$(if $(filter bench,$@),tests/deps.sh --optional bench-hosts)
	@$(MAKE) --no-print-directory tests
	@$(CHECK_ENV) $(RUN)

.PHONY: check-arm64
check-arm64: ## build for aarch64, and run tests in an emulated machine (TESTS=FILES FILTER=… BUDGET=SECONDS PROCESSORS=1 SUITE=… KERNEL=…)
	@$(CHECK_ENV) TESTS='$(if $(filter file,$(origin TESTS)),,$(TESTS))' tests/arm64/run

.PHONY: demo
demo: ## install missing packages, build, and show the main job
	@tests/deps.sh build
	@$(MAKE) --no-print-directory all
	@$(CHECK_ENV) tests/demo.sh

# Lint. Every finding is a failure.

C_FILES     := $(sort $(LIB_SOURCES) lib/safepoint.c $(CLI_SOURCES) $(HOST_SOURCES) $(wildcard tests/*/*.c tests/parts/*/*.c))
FORMATTED   := $(filter %.c,$(C_FILES)) $(sort $(wildcard lib/*.h lib/*/*.h cli/*.h cli/*/*.h cli/*/*/*.h tests/*/*.h tests/parts/*/*.h))
SCRIPTS     := $(shell grep -lsE '^\#(!.*(sh|bats)$$| shellcheck shell)' .ci/run tests/*.* tests/*/*) etc/completion/k3thread.bash
LINTS = lint-warnings lint-format lint-shell lint-man lint-cppcheck lint-tidy lint-scan

.PHONY: lint lint-quick $(LINTS)
lint-quick: ## the linters that are fast
	@tests/deps.sh build check lint
	@$(MAKE) --no-print-directory check-headers check-layers lint-format lint-shell lint-man

lint: ## every linter and both compilers, without a finding
	@tests/deps.sh build check lint
	@$(MAKE) --no-print-directory check-headers check-layers $(LINTS)

lint-warnings:
	@for cc in gcc clang; do \
		$(MAKE) --no-print-directory BUILD=$(BUILD)/$$cc CC=$$cc CXX=$${cc%cc}++ WERROR=1 tests || exit; \
	done

lint-format:
	clang-format --dry-run --Werror $(FORMATTED)

lint-shell:
	shellcheck -x $(SCRIPTS)

# A page may refer to a page of the system that is not installed here: that is no fault of the page.
lint-man:
	! mandoc -T lint -W style $(MANPAGES) 2>/dev/null | grep -v 'referenced manual not found'

# cppcheck reads no system headers, except two, which have macros that it must expand. It needs gcc's
# attribute for functions that do not return.
lint-cppcheck:
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr $(K3_CPPFLAGS) -D__x86_64__ -U__cplusplus \
		-D_Noreturn='__attribute__((noreturn))' lib cli \
		$$(printf '#include <%s>\n' jansson.h sys/queue.h | $(CC) -M -x c - | tr ' ' '\n' | \
			sed -n 's,.*/\(jansson\|queue\)\.h$$,--include=&,p')

lint-tidy: K3_CPPFLAGS += -DLIBEXECDIR='"$(LIBEXECDIR)"'
lint-tidy:
	printf '%s\n' $(filter lib/%.c cli/%.c,$(C_FILES)) | xargs -P "$$(nproc)" -I{} \
		clang-tidy --quiet --warnings-as-errors='*' {} -- $(K3_CPPFLAGS) $(K3_CFLAGS)

# The analyzer does not know the cleanup attribute, which removes a try block from the list of blocks. It warns of vfork
# as such; the one in launch.c is there for its speed, and says what its child does with the memory that they share. It
# does not follow the lists of sys/queue.h, and takes an element that was removed and freed for the next first one: the
# sanitizers and valgrind check the memory.
lint-scan:
	scan-build --status-bugs -disable-checker core.StackAddressEscape \
		-disable-checker security.insecureAPI.vfork -disable-checker unix.Vfork \
		-disable-checker unix.Malloc -o $(BUILD)/scan-reports \
		$(MAKE) --no-print-directory BUILD=$(BUILD)/scan all

# The packages of Debian. Their sources may not be at the top, where Debian looks for them, so they are built from
# a copy. make check has its own tests of the packages' build.
DEB := $(BUILD)/deb

.PHONY: deb check-deb
deb: ## packages for Debian, in BUILD/deb
	@tests/deps.sh build deb
	rm -rf $(DEB)
	mkdir -p $(DEB)/k3thread-$(VERSION)
	cp -R cli lib man tests etc Makefile LICENSE *.md etc/debian $(DEB)/k3thread-$(VERSION)
	cd $(DEB)/k3thread-$(VERSION) && env -u BUILD -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
		DEB_BUILD_OPTIONS="nocheck $$DEB_BUILD_OPTIONS" DEB_BUILD_PROFILES="nocheck $$DEB_BUILD_PROFILES" \
		dpkg-buildpackage -us -uc

check-deb: ## build, lint, install, use and purge those packages in Debian 12 and 13 (SUITES=…)
	@$(CHECK_ENV) tests/deb/run

.PHONY: clean
clean: ## remove all that was built
	rm -rf $(BUILD) $(if $(FAR_BUILD),'$(FAR_BUILD)')

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | sort | while IFS='	' read -r name text; do \
		printf '  %-16s%s\n' "$$name" "$$text"; done
