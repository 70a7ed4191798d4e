# wowsql: build, install, demo, tests.
#
#   make            wowsql.so (wowsql.dylib on macOS)
#   make demo       a local WowSQL with a shop in it, and the sqlite3 shell connected to it
#   make serve      the same servers, which go on until `make serve-stop`
#   make test       all tests
#   make test-newer the tests again, against servers that say what newer PostgREST says
#   make test-sqlite SQLITE=3.38.2
#                   the tests again, with another SQLite (tests/sqlite/versions.txt has those to choose from)
#   make lint       the style checks alone
#   make docs       updates the parts of the documents that are made from the code
#   make recording  plays the session of docs/demo.svg again
#   make dist       a source archive, with all of src/ in one file, wowsql.c
#   make deb, npm, wheel
#                   packages for Debian, Node.js and Python; all in build/packages (docs/packages.md)
#   make install    installs the library where `.load wowsql` finds it (PREFIX, DESTDIR)
#
# WERROR=1 turns warnings into errors, as CI does.

VERSION := $(shell cat VERSION)
PREFIX  ?= /usr/local
CC      ?= cc
PKG     ?= pkg-config
CFLAGS  ?= -O2 -g

WARNINGS := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wvla
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

# Evaluated when a recipe runs, not when make starts: `make deps` may have to install pkg-config first.
LIBS      = $(shell $(PKG) --libs libcurl libcjson) -lm
DEFINES  := -D_POSIX_C_SOURCE=200809L -DWOWSQL_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c11 $(CFLAGS) $(WARNINGS) -fPIC -fvisibility=hidden -Isrc $(DEFINES) $(CPPFLAGS) \
             $(shell $(PKG) --cflags sqlite3 libcurl libcjson)

ifeq ($(shell uname -s),Darwin)
LIBRARY := wowsql.dylib
SHARED  := -dynamiclib -undefined dynamic_lookup
else
LIBRARY := wowsql.so
SHARED  := -shared -Wl,-soname,$(LIBRARY)
endif

SOURCES := $(sort $(wildcard src/*.c src/*/*.c))
OBJECTS := $(SOURCES:src/%.c=build/%.o)
# The same code for programs that link SQLite themselves: unit tests, benchmarks, fuzzers.
CORE    := $(patsubst src/%.c,build/core/%.o,$(SOURCES))
ASAN    := $(patsubst src/%.c,build/asan/%.o,$(SOURCES))
LIBFUZZER := $(patsubst src/%.c,build/libfuzzer/%.o,$(SOURCES))
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer
# The same code compiled with the headers of another SQLite, SQLITE=3.38.2 for instance.
OTHER   := $(SOURCES:src/%.c=build/sqlite/$(SQLITE)/obj/%.o)
UNITS   := $(patsubst tests/unit/%.c,build/unit_%,$(sort $(wildcard tests/unit/*.c)))

.PHONY: all deps test-deps dist deb npm wheel demo serve serve-stop test test-newer test-sqlite unit lint docs recording install uninstall clean bench fuzz fuzz-sql fuzz-texts check-asan check-oom check-valgrind
all: $(LIBRARY)

$(LIBRARY): $(OBJECTS)
	@echo ld $@
	@$(CC) $(ALL_CFLAGS) $(SHARED) $(LDFLAGS) -o $@ $(OBJECTS) $(LIBS)

build/%.o: src/%.c VERSION
	@mkdir -p $(@D)
	@echo cc $<
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

build/core/%.o: src/%.c VERSION
	@mkdir -p $(@D)
	@echo cc $< '(tests)'
	@$(CC) $(ALL_CFLAGS) -DSQLITE_CORE -MMD -MP -c -o $@ $<

build/sqlite/$(SQLITE)/sqlite3: tests/sqlite/versions.txt
	@tools/sqlite.sh $(SQLITE)
	@touch $@

build/sqlite/$(SQLITE)/obj/%.o: src/%.c VERSION build/sqlite/$(SQLITE)/sqlite3
	@mkdir -p $(@D)
	@echo cc $< '(SQLite $(SQLITE))'
	@$(CC) -Ibuild/sqlite/$(SQLITE) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

build/sqlite/$(SQLITE)/$(LIBRARY): $(OTHER)
	@echo ld $@
	@$(CC) $(ALL_CFLAGS) $(SHARED) $(LDFLAGS) -o $@ $(OTHER) $(LIBS)

build/fuzz_%: fuzz/fuzz_%.c $(CORE)
	@echo ld $@
	@$(CC) $(ALL_CFLAGS) -DSQLITE_CORE -o $@ $< $(CORE) -lsqlite3 $(LIBS) -lpthread

# The same, with sanitizers.
build/asan/%.o: src/%.c VERSION
	@mkdir -p $(@D)
	@echo cc $< '(sanitizers)'
	@$(CC) $(ALL_CFLAGS) $(SANITIZE) -DSQLITE_CORE -MMD -MP -c -o $@ $<

build/oom: tests/oom/oom.c tests/oom/scenarios.h $(CORE)
	@echo ld $@
	@$(CC) $(ALL_CFLAGS) -DSQLITE_CORE -o $@ $< $(CORE) -lsqlite3 $(LIBS) -lpthread

build/asan/oom: tests/oom/oom.c tests/oom/scenarios.h $(ASAN)
	@echo ld $@
	@$(CC) $(ALL_CFLAGS) $(SANITIZE) -DSQLITE_CORE -o $@ $< $(ASAN) -lsqlite3 $(LIBS) -lpthread

# The same for libFuzzer (Debian: clang, libclang-rt-dev).
build/libfuzzer/%.o: src/%.c VERSION
	@mkdir -p $(@D)
	@echo clang $< '(libFuzzer)'
	@clang $(ALL_CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link -DSQLITE_CORE -MMD -MP -c -o $@ $<

build/fuzz_texts: fuzz/fuzz_texts.c $(LIBFUZZER)
	@echo ld $@
	@clang $(ALL_CFLAGS) $(SANITIZE) -fsanitize=fuzzer -DSQLITE_CORE -o $@ $< $(LIBFUZZER) \
	  -lsqlite3 $(LIBS) -lpthread

build/bench/decode: bench/decode.c $(CORE)
	@mkdir -p $(@D)
	@echo ld $@
	@$(CC) $(ALL_CFLAGS) -DSQLITE_CORE -o $@ $< $(CORE) -lsqlite3 $(LIBS) -lpthread

build/unit_%: tests/unit/%.c $(CORE)
	@echo ld $@
	@$(CC) $(ALL_CFLAGS) -DSQLITE_CORE -o $@ $< $(CORE) -lsqlite3 $(LIBS) -lpthread

-include $(patsubst %.o,%.d,$(OBJECTS) $(CORE) $(OTHER) $(ASAN) $(LIBFUZZER))
.SECONDARY: $(CORE) $(ASAN) $(LIBFUZZER)

deps:
	@tools/deps.sh

# What the tests of bindings and packages need beside that.
test-deps:
	@tools/deps.sh bindings packages

demo: deps
	@$(MAKE) -s --no-print-directory $(LIBRARY)
	@stack/demo

serve: deps
	@$(MAKE) -s --no-print-directory $(LIBRARY)
	@stack/serve

serve-stop:
	@stack/local stop

test: test-deps
	@$(MAKE) --no-print-directory -j2 $(LIBRARY) $(UNITS)
	@tests/run

test-newer: deps
	@$(MAKE) --no-print-directory -j2 $(LIBRARY)
	@tests/run --newer

# The whole suite, with the library compiled with the headers of another SQLite and loaded into that.
test-sqlite: deps
	@$(if $(SQLITE),,echo 'which SQLite? make test-sqlite SQLITE=3.38.2' >&2; exit 2)
	@$(MAKE) --no-print-directory -j2 $(LIBRARY) build/sqlite/$(SQLITE)/$(LIBRARY)
	@tests/run --sqlite $(SQLITE) $(TESTS)

unit: $(UNITS)
	@for unit in $(UNITS); do $$unit || exit 1; done

lint: $(LIBRARY) build/unit_shippable
	@tools/lint.sh

# Updates the parts of the documents that are made from the code.
docs: deps
	@$(MAKE) --no-print-directory $(LIBRARY) build/unit_shippable
	@tools/docs.tcl

# Plays the session of docs/demo.svg again.
recording: deps
	@$(MAKE) -s --no-print-directory $(LIBRARY)
	@tools/record.tcl

bench: deps
	@$(MAKE) --no-print-directory $(LIBRARY)
	@bench/run

# Feeds random JSON to the row decoder and compares with cJSON, and random texts to the doors for
# headers and paths. FUZZ_SEED and FUZZ_ROUNDS choose the run.
fuzz: build/fuzz_rows build/fuzz_door
	build/fuzz_rows $(or $(FUZZ_SEED),$(shell date +%s)) $(or $(FUZZ_ROUNDS),200000)
	build/fuzz_door $(or $(FUZZ_SEED),$(shell date +%s)) $(or $(FUZZ_ROUNDS),200000)

# Feeds the other readers of texts from outside (fuzz/fuzz_texts.c has their names), under sanitizers;
# FUZZ_SECONDS each. What is found is kept in build/.
FUZZ_TARGETS ?= catalog columns select options guard deparse redact error sql
fuzz-texts: build/fuzz_texts
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p build/corpus/$$target; \
	  FUZZ_TARGET=$$target build/fuzz_texts -max_total_time=$(or $(FUZZ_SECONDS),180) -max_len=2000 -timeout=10 \
	    -verbosity=0 -artifact_prefix=build/$$target- build/corpus/$$target fuzz/seeds/$$target || exit 1; \
	  echo "$$target: nothing found"; \
	done

# Random queries and transactions compared with local copies, random filters of DELETE with what PostgREST
# makes of them, and servers and clients that are killed (tests/*.fuzz). FUZZ_SEED and FUZZ_ROUNDS choose the run.
fuzz-sql: deps
	@$(MAKE) --no-print-directory $(LIBRARY)
	@tests/run --fuzz

# Every allocation of the scenarios in tests/oom fails once, under sanitizers.
check-oom: deps build/asan/oom
	@WOWSQL_OOM=build/asan/oom WOWSQL_OOM_ARGUMENTS=--all tests/run --limit 36000 oom

# The unit tests, and the scenarios of tests/oom, under valgrind.
check-valgrind: deps $(UNITS) build/oom
	@for unit in $(UNITS); do \
	  valgrind -q --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite $$unit || exit 1; \
	done
	@WOWSQL_OOM=tests/oom/valgrind WOWSQL_OOM_ARGUMENTS="--seconds 10" tests/run --limit 3600 oom

# The whole test suite, with the library built with AddressSanitizer and UndefinedBehaviorSanitizer.
check-asan: deps
	@$(MAKE) --no-print-directory clean
	@$(MAKE) --no-print-directory CFLAGS="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer" \
	  $(LIBRARY) $(UNITS)
	@LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libubsan.so)" \
	  ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 tests/run --preloaded
	@$(MAKE) --no-print-directory clean

PACKAGES := build/packages
DIST := wowsql-$(VERSION)

# What git knows, and the single file. Runs in a clone.
dist:
	@rm -rf build/dist && mkdir -p build/dist/$(DIST) $(PACKAGES)
	@git ls-files -z | xargs -0 tar -cf - | tar -xf - -C build/dist/$(DIST)
	@tools/amalgamate.tcl >build/dist/$(DIST)/wowsql.c
	@tar -czf $(PACKAGES)/$(DIST).tar.gz -C build/dist $(DIST)
	@echo $(PACKAGES)/$(DIST).tar.gz

deb: dist
	@cp -R packages/debian build/dist/$(DIST)/debian
	@tools/debian_changelog.sh >build/dist/$(DIST)/debian/changelog
	@cd build/dist/$(DIST) && dpkg-buildpackage --build=binary --no-sign >../deb.log 2>&1 || { cat ../deb.log; exit 1; }
	@mv build/dist/*.deb build/dist/*.changes build/dist/*.buildinfo $(PACKAGES)
	@echo $(PACKAGES)/*.deb

npm: $(LIBRARY)
	@rm -rf build/npm && mkdir -p build/npm $(PACKAGES)
	@cp packages/npm/* LICENSE build/npm
	@cd build/npm && npm pkg set version=$(VERSION) && \
	  lib=lib/$$(node -p 'process.platform + "-" + process.arch') && mkdir -p $$lib && cp ../../$(LIBRARY) $$lib && \
	  npm pack --silent --pack-destination ../packages | sed 's,^,$(PACKAGES)/,'

wheel: $(LIBRARY)
	@python3 packages/python/build.py $(VERSION) $(LIBRARY) $(PACKAGES)

# `.load wowsql` leaves finding the library to the dynamic linker. Its cache takes files called lib*.so
# alone, but under the name that they have inside (the soname), which is wowsql.so; hence two names.
install: $(LIBRARY)
	install -d "$(DESTDIR)$(PREFIX)/lib"
	install -m 755 $(LIBRARY) "$(DESTDIR)$(PREFIX)/lib/lib$(LIBRARY)"
	ln -sf lib$(LIBRARY) "$(DESTDIR)$(PREFIX)/lib/$(LIBRARY)"
	@tools/installed.sh "$(DESTDIR)" "$(PREFIX)"

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/lib/$(LIBRARY)" "$(DESTDIR)$(PREFIX)/lib/lib$(LIBRARY)"
	@tools/installed.sh "$(DESTDIR)" "$(PREFIX)"

clean:
	rm -rf build wowsql.so wowsql.dylib
