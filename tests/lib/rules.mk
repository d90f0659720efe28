# Builds the programs of tests/lib that need other flags or more files than the rest. See
# tests/lib/*.bats.

# Compiles the same file with and without landing pads.
$(BUILD)/tests/lib/cleanup_plain.c.o: TEST_CFLAGS = -fno-exceptions

# The flags for a checkpoint on every edge, which k3thread.pc has for each compiler. The hook is in an
# archive of its own.
safepoint_cflags = $(shell sed -n 's/^safepoint_cflags$(if \
	$(findstring clang,$(shell $1 --version)),_clang)=//p' lib/k3thread.pc.in)

SAFEPOINT_C   := $(addprefix $(BUILD)/tests/lib/,safepoint.c.o inject.c.o)
SAFEPOINT_CXX := $(BUILD)/tests/lib/safepoint_cxx.cc.o

$(SAFEPOINT_C): TEST_CFLAGS := $(call safepoint_cflags,$(CC))
$(SAFEPOINT_CXX): TEST_CFLAGS := $(call safepoint_cflags,$(CXX))
$(SAFEPOINT_C) $(SAFEPOINT_CXX): lib/k3thread.pc.in
$(BUILD)/tests/lib/safepoint $(BUILD)/tests/lib/safepoint_cxx: TEST_LIBS = $(SAFEPOINT)

# owner.c checks in these programs that who releases a lock holds it.
OWNED := $(addprefix $(BUILD)/tests/lib/,attach attach_state data exit gone mask park parts pending queue raise signal \
	start tell timeout timeout_instants watcher)

$(OWNED): $(BUILD)/tests/lib/owner.c.o

# inject.c has the scenarios, with safepoints. injector.c is called first at each safepoint, and counts
# allocations.
TEST_PROGRAMS := $(filter-out $(addprefix %/tests/lib/,injector owner stepped scenarios waits cxx_part),$(TEST_PROGRAMS))

$(BUILD)/tests/lib/inject: $(BUILD)/tests/lib/injector.c.o
$(BUILD)/tests/lib/inject: TEST_LIBS = $(SAFEPOINT)

# step.c steps through the scenarios of the other files.
$(BUILD)/tests/lib/step: $(BUILD)/tests/lib/stepped.c.o $(BUILD)/tests/lib/scenarios.c.o \
	$(BUILD)/tests/lib/waits.c.o

# waits.c has every wait, blocked.
$(BUILD)/tests/lib/wait $(BUILD)/tests/lib/effect: $(BUILD)/tests/lib/waits.c.o

# cxx_part.c throws as only C can.
$(BUILD)/tests/lib/cxx: $(BUILD)/tests/lib/cxx_part.c.o
