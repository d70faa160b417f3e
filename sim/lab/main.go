//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
)

// options are the flags.
type options struct {
	ours, theirs string
	run          *regexp.Regexp
	quick        bool
	out          string
}

func main() {
	var o options
	list := flag.Bool("list", false, "list the scenarios and end")
	run := flag.String("run", "", "run the scenarios whose names match this expression")
	flag.StringVar(&o.ours, "ours", "bin/serf", "binary of this project")
	flag.StringVar(&o.theirs, "theirs", "/usr/bin/serf", "binary of the reference")
	flag.BoolVar(&o.quick, "quick", false, "leave out scenarios that take more than a minute")
	flag.StringVar(&o.out, "out", "bin/lab.html", "page with a picture of each scenario; empty: none")
	flag.Parse()
	if *list {
		printScenarios(os.Stdout)
		return
	}
	if err := start(o, *run); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// start makes sure that the process is alone in its namespaces, and then runs the scenarios.
func start(o options, run string) (err error) {
	if o.run, err = regexp.Compile(run); err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if !isolated() {
		return isolate()
	}
	for _, path := range []*string{&o.ours, &o.theirs, &o.out} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	for _, binary := range []string{o.ours, o.theirs} {
		if _, err := os.Stat(binary); err != nil {
			return fmt.Errorf("%w (make build; apt-get install -y serf)", err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	results, err := runAll(ctx, o)
	printTable(os.Stdout, results)
	if o.out != "" && len(results) > 0 {
		err = errors.Join(err, writePage(o.out, results))
	}
	return errors.Join(err, verdict(results))
}

// runAll runs the scenarios that o selects, one after the other.
func runAll(ctx context.Context, o options) (results []result, err error) {
	network, err := newSwitch()
	if err != nil {
		return nil, err
	}
	for _, s := range scenarios {
		if !o.run.MatchString(s.name) || o.quick && s.long {
			continue
		}
		if ctx.Err() != nil {
			return results, ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "== %s: %s\n", s.name, s.about)
		r := runOne(ctx, o, network, s)
		results = append(results, r)
		printChecks(os.Stderr, r)
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("no scenario matches %q (see -list)", o.run)
	}
	return results, nil
}

// runOne runs a scenario in a laboratory of its own.
func runOne(ctx context.Context, o options, network *network, s scenario) (r result) {
	r.scenario = s
	l, err := newLab(ctx, o, network)
	if err != nil {
		r.err = err
		return r
	}
	defer l.close()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			r.err = p.err
		default:
			panic(p)
		}
		r.checks, r.picture = l.checks, l.picture("What the members said of each")
		if r.failed() {
			r.logs = l.logs()
		}
	}()
	s.run(l)
	return r
}

// verdict is an error unless everything held.
func verdict(results []result) error {
	bad := 0
	for _, r := range results {
		if r.failed() {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d scenarios failed", bad, len(results))
	}
	return nil
}
