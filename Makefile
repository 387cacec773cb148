# keyrite: `make` builds, `make demo` opens the console on simulated cards, `make check` runs every test.
# BUILD names the folder for everything built; SANITIZE=1 builds with ASan and UBSan, COVERAGE=1 counts what runs.
BUILD    ?= build
CC       ?= gcc
VERSION  := 0.1.0
FLOORS   := crypto cardio store ceremony ui

PKGS     := libcrypto libargon2 libseccomp libpcsclite sqlcipher libcyaml yaml-0.1 ncursesw panelw menuw formw libqrencode
# A room of the store floor with a library of its own: reports need no SQLCipher.
ROOMS    := report
# What draws pages, for the one program that does.
PAPER    := pangocairo pangoft2 libqrencode
WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE -D_FORTIFY_SOURCE=2
LINKHARD := -pie -Wl,-z,relro,-z,now,-z,noexecstack
ifeq ($(SANITIZE),1)
HARDEN   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE -DKEYRITE_SANITIZED=1
LINKHARD := -pie -fsanitize=address,undefined
CFLAGS   ?= -O1 -g1
endif
ifeq ($(COVERAGE),1)
HARDEN   := -fPIE --coverage -fdata-sections -fprofile-update=prefer-atomic
SCRIBE   := $(BUILD)/coverage/scribe.o
LINKHARD := -pie --coverage -Wl,--wrap=__gcov_exit -Wl,-T,tests/coverage/counters.ld $(SCRIBE)
CFLAGS   ?= -O0 -g1
endif
ifeq ($(MEMCHECK),1) # the sandbox as loosened for sanitizers: valgrind's own calls go through it
HARDEN   += -DKEYRITE_SANITIZED=1
BELOW_VALGRIND := $(BUILD)/memory/under_valgrind.o
LINKHARD += -Wl,--wrap=posix_spawn,--wrap=sandbox_calls_vault,--wrap=sandbox_calls_no_exec $(BELOW_VALGRIND)
endif
CFLAGS   ?= -O2 -g
# _XOPEN_SOURCE_EXTENDED is ncursesw's own switch for wide characters.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
ALL_CFLAGS  = -std=c11 -D_GNU_SOURCE -D_XOPEN_SOURCE_EXTENDED -DSQLITE_HAS_CODEC \
  -DKEYRITE_VERSION='"$(VERSION)"' $(WARN) $(HARDEN) $(CFLAGS) $(EXTRA_CFLAGS) \
  $(PKG_CFLAGS)

SRC_crypto   := $(wildcard crypto/*.c)
SRC_cardio   := $(filter-out cardio/keyrite-vcard.c,$(wildcard cardio/*.c cardio/sim/*.c))
SRC_store    := $(wildcard store/*.c store/bundle/*.c)
SRC_audit    := $(filter-out store/audit/commands_bundle.c store/audit/command_verify_note_bundle.c,$(wildcard store/audit/*.c))
# keyrite-audit-bundle: bundles only, with a C compiler, make and OpenSSL alone.
SRC_audit_bundle := $(addprefix store/audit/,keyrite-audit.c command_line.c saying.c plain_output.c bundle_file.c show.c proof.c \
  note_verdict.c command_verify_note_bundle.c command_verify_bundle.c command_show_bundle.c command_prove_bundle.c commands_bundle.c) \
  $(wildcard store/bundle/*.c) $(addprefix store/,body.c brought.c centre_words.c chain.c checkpoint.c checkpoint_compact.c \
  checkpoint_lines.c course.c entry.c founding.c intents.c not_proved.c note_proof.c roster.c signature_pool.c signing_rules.c transfer_note.c tree.c verdict.c) \
  $(addprefix crypto/,error.c hash.c secret.c signature.c text_encoding.c)
SRC_report   := $(wildcard store/report/*.c)
SRC_paper    := $(wildcard store/report/paper/*.c)
SRC_ceremony := $(wildcard ceremony/*.c ceremony/steps/*.c)
SRC_ui       := $(filter-out ui/keyrite.c,$(wildcard ui/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBS      = $(foreach f,$(FLOORS),$(BUILD)/lib$(f).a)
lib       = $(BUILD)/lib$(1).a

LINK_crypto   := -lcrypto -largon2 -lseccomp -lpthread
LINK_cardio   := -lpcsclite -lcyaml -lyaml
LINK_store    := -lsqlcipher
LINK_report   := -lyaml
LINK_paper    := $(shell pkg-config --libs $(PAPER) 2>/dev/null)
LINK_ceremony := -lcyaml -lyaml
LINK_ui       := $(shell pkg-config --libs ncursesw panelw menuw formw libqrencode 2>/dev/null)
LINK_ALL      := $(LINK_ui) $(LINK_ceremony) $(LINK_report) $(LINK_store) $(LINK_cardio) $(LINK_crypto)

PROGRAMS := $(BUILD)/keyrite $(BUILD)/keyrite-audit $(BUILD)/keyrite-audit-bundle $(BUILD)/keyrite-paper $(BUILD)/keyrite-vcard

.PHONY: all audit-bundle demo check lint bench format clean packages locale
all: $(PROGRAMS) locale

# Packages first, then make anew: what pkg-config says is read when make starts.
packages:
	@debian/install-build-deps

demo: packages
	@mkdir -p $(BUILD)
	@$(MAKE) --no-print-directory -j$$(nproc) all >$(BUILD)/make.log 2>&1 || { cat $(BUILD)/make.log; exit 1; }
	@$(BUILD)/keyrite demo

check: packages
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD=$(BUILD) tests/check

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

define floor_rule
$(BUILD)/lib$(1).a: $$(call objects,$$(SRC_$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach f,$(FLOORS) $(ROOMS),$(eval $(call floor_rule,$(f))))
$(call objects,$(SRC_paper)): PKG_CFLAGS += $(shell pkg-config --cflags $(PAPER) 2>/dev/null)

$(BUILD)/keyrite: $(call objects,ui/keyrite.c) $(call lib,ui) $(call lib,ceremony) $(call lib,report) $(call lib,store) $(call lib,cardio) $(call lib,crypto)
	$(CC) $(LINKHARD) -o $@ $^ $(LINK_ALL)
$(BUILD)/keyrite-audit: $(call objects,$(SRC_audit)) $(call lib,report) $(call lib,store) $(call lib,crypto)
	$(CC) $(LINKHARD) -o $@ $^ $(LINK_report) $(LINK_store) $(LINK_crypto)
audit-bundle: $(BUILD)/keyrite-audit-bundle
$(BUILD)/keyrite-audit-bundle: $(call objects,$(SRC_audit_bundle))
	$(CC) $(LINKHARD) -o $@ $^ -lcrypto -lpthread
# Fonts are read and pages drawn in a process of their own: neither console nor auditor links what does it.
$(BUILD)/keyrite-paper: $(call objects,$(SRC_paper)) $(call lib,report) $(call lib,crypto)
	$(CC) $(LINKHARD) -o $@ $^ $(LINK_paper)
$(BUILD)/keyrite-vcard: $(call objects,cardio/keyrite-vcard.c) $(call lib,cardio) $(call lib,crypto)
	$(CC) $(LINKHARD) -o $@ $^ $(LINK_cardio) $(LINK_crypto)

# ---- tests: tests/FLOOR/test_*.c is one cmocka program each, linked with that floor and those below ----
TEST_SRC  := $(foreach f,$(FLOORS),$(wildcard tests/$(f)/test_*.c))
TESTS     := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SRC))
BELOW_crypto   := crypto
BELOW_cardio   := cardio crypto
BELOW_store    := report store crypto
BELOW_ceremony := ceremony report store cardio crypto
BELOW_ui       := ui ceremony report store cardio crypto
# What several tests share; an archive, so that each takes only what it uses.
TEST_SHARED    := tests/crypto/vectors.c tests/crypto/process_memory.c tests/store/centre.c tests/store/recorded.c tests/store/printed.c tests/screens/terminal.c tests/screens/qr_reader.c
$(BUILD)/libtests.a: $(call objects,$(TEST_SHARED))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
define test_rule
$(BUILD)/tests/$(1)/%: $(BUILD)/obj/tests/$(1)/%.o $(BUILD)/libtests.a $(foreach f,$(BELOW_$(1)),$(BUILD)/lib$(f).a)
	@mkdir -p $$(@D)
	$$(CC) $$(LINKHARD) -o $$@ $$^ -lcmocka $(if $(filter ui,$(1)),-lvterm -lutil) $(foreach f,$(BELOW_$(1)),$(LINK_$(f)))
endef
$(foreach f,$(FLOORS),$(eval $(call test_rule,$(f))))
.SECONDARY:

unit-programs: $(TESTS)
unit: unit-programs
	@set -e; for t in $(TESTS); do echo "== $$t"; VECTORS=$${VECTORS:-../shared/vectors} BUILD=$(BUILD) $$t; done
.PHONY: unit unit-programs

# ---- bench: each tests/bench/bench_*.c prints ratios within one run; exit 1 when a target is missed ----
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/bench_*.c))
# What several of them share; an archive, so that each takes only what it uses.
$(BUILD)/libbench.a: $(call objects,$(filter-out $(wildcard tests/bench/bench_*.c),$(wildcard tests/bench/*.c)))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libbench.a $(BUILD)/libtests.a $(foreach f,$(BELOW_ceremony),$(BUILD)/lib$(f).a)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) -o $@ $^ -lvterm -lutil $(foreach f,$(BELOW_ceremony),$(LINK_$(f)))
bench: $(PROGRAMS) $(BENCHES)
	@status=0; for b in $(BENCHES); do $$b || status=1; done; exit $$status

# ---- coverage: which branches the unit tests and the rehearsals take; tests/coverage/README.md ----
ifeq ($(COVERAGE),1)
$(PROGRAMS) $(TESTS): | $(SCRIBE)
$(SCRIBE): tests/coverage/scribe.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O1 -fPIE -c $< -o $@
endif
coverage: packages
	@tests/coverage/run --build $(BUILD)/covered $(COVERAGE_OPTIONS)
.PHONY: coverage

# ---- valgrind: the golden chain, every process of it, under memcheck ----
ifeq ($(MEMCHECK),1)
$(PROGRAMS): | $(BELOW_VALGRIND)
$(BELOW_VALGRIND): tests/memory/under_valgrind.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -fPIE -c $< -o $@
endif
valgrind: packages
	@debian/install-build-deps valgrind
	@$(MAKE) --no-print-directory -s -j2 MEMCHECK=1 BUILD=$(BUILD)/memcheck all
	@tests/memory/valgrind --build $(BUILD)/memcheck $(VALGRIND_OPTIONS)
.PHONY: valgrind

# ---- torture: faults of the machine around whole ceremonies; tests/torture/README.md ----
$(BUILD)/torture/recorder.so: tests/torture/recorder_log.h
$(BUILD)/torture/faults.so: tests/torture/faults.c tests/torture/faults_watch.c tests/torture/faults.h tests/torture/faults_parts.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -fvisibility=hidden -shared -o $@ $(filter %.c,$^) -ldl
$(BUILD)/torture/%.so: tests/torture/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl
$(BUILD)/torture/powercut: $(call objects,$(addprefix tests/torture/,powercut.c survey.c look.c state.c disk.c log.c)) $(foreach f,$(BELOW_store),$(BUILD)/lib$(f).a)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) -Wl,--wrap=sign_verify -o $@ $^ $(foreach f,$(BELOW_store),$(LINK_$(f)))
$(BUILD)/torture/flips: $(call objects,$(addprefix tests/torture/,flips.c look.c disk.c log.c state.c)) $(foreach f,$(BELOW_store),$(BUILD)/lib$(f).a)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) -Wl,--wrap=sign_verify -o $@ $^ $(foreach f,$(BELOW_store),$(LINK_$(f)))
# Searching for secrets (tests/memory): what makes the console stop, what looks, and what it has to look for.
$(BUILD)/memory/hold.so: tests/memory/hold.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl
$(BUILD)/memory/search: $(call objects,tests/memory/search.c)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) -o $@ $^
$(BUILD)/memory/sealed: $(call objects,tests/memory/sealed.c) $(foreach f,$(BELOW_store),$(BUILD)/lib$(f).a)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) -o $@ $^ $(foreach f,$(BELOW_store),$(LINK_$(f)))
MEMORY  := $(addprefix $(BUILD)/memory/,hold.so search sealed)
# Somebody with the database key (tests/scenarios/adversary.py).
$(BUILD)/scenarios/insider: $(call objects,tests/scenarios/insider.c) $(foreach f,$(BELOW_store),$(BUILD)/lib$(f).a)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) -o $@ $^ $(foreach f,$(BELOW_store),$(LINK_$(f)))
TORTURE := $(BUILD)/scenarios/insider $(MEMORY) $(BUILD)/torture/recorder.so $(BUILD)/torture/faults.so $(BUILD)/torture/powercut $(BUILD)/torture/flips
torture-programs: $(PROGRAMS) $(TORTURE)
torture: torture-programs
	@tests/torture/run --build $(BUILD) $(TORTURE_OPTIONS)
.PHONY: torture torture-programs

# ---- failing calls: a call of each place fails once in whole ceremonies; tests/failing/README.md ----
# Which functions these files stand before is read from them.
failing_link = $(LINKHARD) $(shell tests/failing/wrapped $(1))
$(BUILD)/failing/keyrite: $(call objects,ui/keyrite.c tests/failing/places.c tests/failing/calls.c tests/failing/again.c) $(call lib,ui) $(call lib,ceremony) $(call lib,report) $(call lib,store) $(call lib,cardio) $(call lib,crypto)
	@mkdir -p $(@D)
	$(CC) $(call failing_link,tests/failing/calls.c tests/failing/again.c) -o $@ $^ $(LINK_ALL)
$(BUILD)/failing/keyrite-audit: $(call objects,$(SRC_audit) tests/failing/places.c tests/failing/calls.c tests/failing/whole.c) $(call lib,report) $(call lib,store) $(call lib,crypto)
	@mkdir -p $(@D)
	$(CC) $(call failing_link,tests/failing/calls.c tests/failing/whole.c) -o $@ $^ $(LINK_report) $(LINK_store) $(LINK_crypto) -lcyaml
# The same people, who answer each request first with what does not fit it.
$(BUILD)/unfit/keyrite: $(call objects,ui/keyrite.c tests/failing/unfit.c) $(call lib,ui) $(call lib,ceremony) $(call lib,report) $(call lib,store) $(call lib,cardio) $(call lib,crypto)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) $(shell tests/failing/wrapped tests/failing/unfit.c) -o $@ $^ $(LINK_ALL)
failing-programs: $(PROGRAMS) $(BUILD)/failing/keyrite $(BUILD)/failing/keyrite-audit $(BUILD)/unfit/keyrite
.PHONY: failing-programs

# ---- fuzz: hostile bytes to each parser; tests/fuzz/README.md ----
# FUZZER=1 links libFuzzer (clang alone has it), else what replays a corpus and mutates it.
FUZZ_SRC    := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ        := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
FUZZ_DRIVER := $(if $(FUZZER),,$(BUILD)/obj/tests/fuzz/replay.o)
ifeq ($(FUZZER),1)
HARDEN      += -fsanitize=fuzzer-no-link
endif
$(BUILD)/fuzz/vault: FUZZ_LINK := -Wl,--wrap=kdf_derive
$(BUILD)/fuzz/words: FUZZ_LINK := -Wl,--wrap=gettext
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_DRIVER) $(foreach f,$(BELOW_ui),$(BUILD)/lib$(f).a)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) $(if $(FUZZER),-fsanitize=fuzzer) $(FUZZ_LINK) -o $@ $^ -lcmocka $(LINK_ALL)
fuzz-programs: $(FUZZ)
fuzz:
	@debian/install-build-deps fuzz
	@tests/fuzz/long --build $(BUILD)
.PHONY: fuzz fuzz-programs

# ---- messages and the one locale the programs use (docs/decisions) ----
LANGS := zh_CN
MO    := $(patsubst %,$(BUILD)/locale/%/LC_MESSAGES/keyrite.mo,$(LANGS))
locale: $(MO) $(BUILD)/locale/en_US.UTF-8
$(BUILD)/locale/%/LC_MESSAGES/keyrite.mo: i18n/%.po
	@mkdir -p $(@D)
	msgfmt --check-format -o $@ $<
$(BUILD)/locale/en_US.UTF-8:
	@mkdir -p $(@D)
	localedef -i en_US -f UTF-8 $@

# ---- lint: floors, and what three analyzers and clang-format say ----
# The first four need nothing that a build does not need and are part of `make check`; the analyzers are installed here.
# What they passed is remembered in BUILD/lint: a second run looks only at what changed.
LINT_SRC  := $(foreach f,$(FLOORS),$(shell find $(f) -name '*.c'))
LINT_GCC  := $(patsubst %.c,$(BUILD)/lint/gcc/%.o,$(LINT_SRC))
LINT_TIDY := $(patsubst %.c,$(BUILD)/lint/tidy/%,$(LINT_SRC))
ANALYZER  ?= gcc
LINT_JOBS ?= 2
lint:
	@tests/lint/floors
	@tests/lint/forbidden
	@tests/lint/catalogue
	@debian/install-build-deps lint
	@clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	@$(MAKE) --no-print-directory -k -j$(LINT_JOBS) lint-gcc lint-tidy lint-cppcheck
lint-gcc: $(LINT_GCC)
	@echo "gcc -fanalyzer: $(words $^) files"
lint-tidy: $(LINT_TIDY)
	@echo "clang-tidy: $(words $^) files"
lint-cppcheck:
	@mkdir -p $(BUILD)/lint/cppcheck
	@cppcheck -q -j$(LINT_JOBS) --cppcheck-build-dir=$(BUILD)/lint/cppcheck --std=c11 --enable=warning,performance,portability \
	  --inline-suppr --suppressions-list=tests/lint/cppcheck --error-exitcode=1 -D_GNU_SOURCE -DKEYRITE_VERSION='"$(VERSION)"' $(FLOORS)
	@echo "cppcheck: $(words $(LINT_SRC)) files"
.PHONY: lint-gcc lint-tidy lint-cppcheck
# The analyzer walks paths, not machine code: little optimizing, so that it is not led through what was inlined.
# Its search for leaks is off: GCC 12 loses sight of memory stored behind a pointer that it was given (all of its finds were
# such); clang-analyzer-unix.Malloc, cppcheck and the leak checker of SANITIZE=1 look for them.
$(BUILD)/lint/gcc/%.o $(BUILD)/lint/tidy/%: CFLAGS := -O1 -Wno-unused-value -include tests/lint/kr_fail.h
$(BUILD)/lint/gcc/crypto/error.o $(BUILD)/lint/tidy/crypto/error: CFLAGS := -O1
$(BUILD)/lint/gcc/%.o: %.c
	@mkdir -p $(@D)
	@$(ANALYZER) $(ALL_CFLAGS) -fanalyzer -Wno-analyzer-malloc-leak -Werror -MMD -MP -c $< -o $@
# Depends on the analyzer's object and so on every header that it read.
$(BUILD)/lint/tidy/%: $(BUILD)/lint/gcc/%.o .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $*.c -- $(ALL_CFLAGS) 2>$@.log || { cat $@.log >&2; exit 1; }
	@rm -f $@.log
	@touch $@
$(patsubst %.c,$(BUILD)/lint/gcc/%.o,$(SRC_paper)) $(patsubst %.c,$(BUILD)/lint/tidy/%,$(SRC_paper)): \
  PKG_CFLAGS += $(shell pkg-config --cflags $(PAPER) 2>/dev/null)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj $(BUILD)/lint/gcc -name '*.d' 2>/dev/null)
