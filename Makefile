# Every target does its own set-up. What CI runs is a target here.
GO      ?= go
TIME    ?= 10s
VERSION ?=
LDFLAGS := -s -w $(if $(VERSION),-X main.version=$(VERSION))

.DEFAULT_GOAL := help
.PHONY: $(shell awk -F: '/^[a-z-]+:.*\#\# /{print $$1}' $(MAKEFILE_LIST))

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Without cgo the agent is one static file and takes a quarter less memory; the tags leave out parts of the command line
# library that nothing here uses.
build: ## build bin/serf
	CGO_ENABLED=0 $(GO) build -trimpath -tags urfave_cli_no_docs,urfave_cli_no_suggest -ldflags '$(LDFLAGS)' -o bin/serf ./cmd/serf

demo: build ## run five agents on loopback until Ctrl-C
	@$(GO) build -o bin/demo ./cmd/serf/demo && exec ./bin/demo bin/serf

# DESTDIR is put before every path, so that the same rule fills a package.
PREFIX  ?= /usr
DIST    := cmd/serf/dist
install: build ## install the agent, its unit, example configuration, completions and manual (DESTDIR=, PREFIX=/usr)
	install -D -m 0755 bin/serf $(DESTDIR)$(PREFIX)/bin/serf
	install -D -m 0644 $(DIST)/serf.service $(DESTDIR)$(PREFIX)/lib/systemd/system/serf.service
	install -D -m 0644 $(DIST)/00-package.json $(DESTDIR)/etc/serf/00-package.json
	install -D -m 0644 $(DIST)/serf.json.example $(DESTDIR)/etc/serf/serf.json.example
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	bin/serf man $(DESTDIR)$(PREFIX)/share/man/man1
	bin/serf completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/serf
	bin/serf completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_serf
	bin/serf completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/serf.fish
	install -D -m 0644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/serf/copyright
	install -D -m 0644 docs/operations.md $(DESTDIR)$(PREFIX)/share/doc/serf/operations.md
	install -D -m 0644 docs/security.md $(DESTDIR)$(PREFIX)/share/doc/serf/security.md

deb: ## build bin/serf_VERSION_ARCH.deb
	rm -rf bin/deb bin/serf_*.deb
	$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/bin/deb
	@version=$$(bin/serf version | head -n 1) && architecture=$$(dpkg --print-architecture) && \
	  $(DIST)/deb/build bin/deb $$version $$architecture bin/serf_$${version}_$$architecture.deb

check-deb: deb ## install the package in a scratch root and run its agent from there, as root
	$(GO) test -tags package -count=1 ./$(DIST)

test: ## run all tests, with invariant checks compiled in
	$(GO) vet -tags invariants ./...
	$(GO) test -tags invariants -timeout 10m ./...

# What is left out has no goroutines; a test of the simulator holds it to that.
RACE = $(filter-out %/swim %/broadcast %/membership %/coordinate %/sim,$(shell $(GO) list ./...))
race: ## run the tests of all that has goroutines under the race detector
	$(GO) test -race -timeout 8m $(RACE)
	$(GO) test -race -timeout 8m -run Swarm ./sim

fuzz: ## run every fuzz target for TIME on one processor (make fuzz TIME=30s, FUZZ=expression selects)
	@GO='$(GO)' sim/proof/fuzz $(TIME) '$(FUZZ)'

sim: ## run 200 random trials (make sim SEED=7 for one) and the simulations that take minutes
ifdef SEED
	$(GO) run ./cmd/serfsim swarm -seeds $(SEED) -verbose
else
	$(GO) run ./cmd/serfsim swarm -seeds 1..200
	$(GO) test -tags long -count=1 -timeout 5m -run 'CutForAnHour|RealKeyrings' ./sim
endif

sim-long: ## cut a cluster in two for two days, change its key a thousand times, and thirty longer chaoses (10 min)
	$(GO) test -tags long -count=1 -timeout 60m -run 'Cut|Long|Thousand|RealKeyrings' ./sim

sim-mutants: ## plant a dozen bugs, one at a time, and fail when the trials do not find one
	$(GO) run ./sim/mutants

bench: ## run the benchmarks and, where Debian's serf is installed, 20 agents of each side by side
	$(GO) test -run '^$$' -bench . -benchmem ./...
	@$(MAKE) --no-print-directory bench-side

bench-side: build ## compare 20 idle agents with 20 of Debian's serf
	$(GO) run ./sim/sidebyside -ours bin/serf

calibrate: build ## compare 30 real agents with 30 simulated members, about 5 min
	$(GO) run ./sim/calibrate -serf bin/serf

interop: ## run mixed clusters with Debian's serf (apt-get install -y serf), as root
	$(GO) test -tags interop -count=1 -parallel 6 -timeout 15m ./sim/interop

crashes: ## fill the disk of snapshots, kill their writer 200 times, cut its power 20,000 times; as root
	$(GO) test -tags interop -count=1 -run Tmpfs ./agent
	$(GO) test -count=1 -timeout 10m -run "KilledSnapshotWriter|PowerCut" ./agent -snapshot.kills=200 -snapshot.cuts=20000

overload: ## overload one of three agents and hold its memory, processor time, log and answers against their bounds
	$(GO) test -tags interop -count=1 -timeout 10m -run HoldsItsBoundsUnderOverload -v ./sim/interop

FOR     ?= 30m
soak: build ## run five agents under churn, events and clients for FOR, and fail if they grow or lose an event (make soak FOR=2h)
	@$(GO) build -o bin/soak ./sim/soak && exec ./bin/soak -serf bin/serf -for $(FOR)

conform: ## check ours and Debian's serf against the specification, from outside
	cd sim/conform && $(GO) test -tags conform -count=1 -timeout 5m
	cd sim/conform && $(GO) test -tags conform -count=1 -timeout 5m -agent=/usr/bin/serf -known=debian

lab: build ## break the network, processes and disks under real members, as root (LAB=expression selects, about 45 min in all)
	$(GO) build -o bin/lab ./sim/lab
	bin/lab -run '$(LAB)'

# The scenarios that CI has the time for.
lab-quick: ## the scenarios of the fault laboratory that take least
	@$(MAKE) --no-print-directory lab LAB='^(kill|stop-12|partition-2-3|disk-full|descriptors|wrong-key|new-address)$$$$'

cover: ## print test coverage per package
	$(GO) test -tags invariants -cover ./...

vet: ## report suspicious code
	$(GO) vet ./...
	$(GO) vet -tags invariants ./...
	$(GO) vet -tags interop ./sim/interop ./agent
	$(GO) vet -tags conform ./sim/conform
	$(GO) vet -tags package ./$(DIST)

lint: vet ## vet, and fail on unformatted files
	@out=$$(gofmt -l .); test -z "$$out" || { echo "not formatted (run gofmt -w):"; echo "$$out"; exit 1; }

cross: ## build and vet for macOS, Windows and FreeBSD
	@set -e; for os in darwin windows freebsd; do echo "== $$os"; GOOS=$$os $(GO) build ./...; GOOS=$$os $(GO) vet ./...; done

clean: ## remove what was built
	rm -rf bin
