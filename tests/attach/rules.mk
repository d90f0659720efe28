# The library whose functions host.bats calls. It has safepoints.
TEST_PROGRAMS := $(filter-out $(BUILD)/tests/attach/jobs,$(TEST_PROGRAMS))

$(BUILD)/tests/attach/libjobs.so: tests/attach/jobs.c lib/include/k3thread.h $(SHAREDLIB) $(SAFEPOINT)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) -fPIC -fsanitize-coverage=trace-pc -shared -o $@ $< \
		$(SAFEPOINT) -L$(BUILD) -lk3thread

tests: $(BUILD)/tests/attach/libjobs.so
