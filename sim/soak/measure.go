//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"serf/agent/rpc"
)

const (
	sampleEvery = 2 * time.Second
	// warmUpMax is up to how long an agent may take to have all its buffers; at most a quarter of the run.
	warmUpMax = 5 * time.Minute
)

// figures are what is sampled, with how much each may rise from the first to the last sample of the line fitted to them.
var figures = []struct {
	name      string
	unit      string
	tolerance float64
}{
	{"resident memory", "KiB", 4096},
	{"goroutines", "", 8},
	{"descriptors", "", 8},
	{"disk", "KiB", 256},
}

// sample is one look at an agent.
type sample struct {
	at     time.Time
	values [4]float64 // as figures
}

// sample looks at the agents that stay, again and again.
func (c *cluster) sample(ctx context.Context) {
	for pause(ctx, sampleEvery) {
		for i, a := range c.agents[:steady] {
			s, err := a.look(ctx)
			if c.note("sample", ignoreEnd(ctx, err)); err == nil {
				c.mu.Lock()
				c.samples[i] = append(c.samples[i], s)
				c.mu.Unlock()
			}
		}
	}
}

func (a *agent) look(ctx context.Context) (s sample, err error) {
	s.at = time.Now()
	proc := fmt.Sprintf("/proc/%d/", a.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		return s, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	if s.values[0], err = strconv.ParseFloat(strings.Fields(rest + " ?")[0], 64); err != nil {
		return s, err
	}
	err = a.with(ctx, func(client *rpc.Client) error {
		stats, err := client.Stats(ctx)
		if err != nil {
			return err
		}
		s.values[1], err = strconv.ParseFloat(stats["runtime"]["goroutines"], 64)
		return err
	})
	if err != nil {
		return s, err
	}
	descriptors, err := os.ReadDir(proc + "fd")
	if err != nil {
		return s, err
	}
	s.values[2] = float64(len(descriptors))
	s.values[3], err = diskUse(a.dir)
	return s, err
}

// diskUse returns the KiB of all files in dir but the log.
func diskUse(dir string) (kib float64, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() == "log" {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if os.IsNotExist(err) {
			continue // it was renamed meanwhile
		}
		if err != nil {
			return 0, err
		}
		kib += float64(info.Size()) / 1024
	}
	return kib, err
}

// line is what was fitted to the samples of one figure.
type line struct {
	first, last, least, most float64
	perHour, rise            float64
}

// fit draws a line through a figure of the samples after the warm-up, by least squares.
func fit(samples []sample, figure int) (l line, ok bool) {
	if len(samples) == 0 {
		return l, false
	}
	begin, end := samples[0].at, samples[len(samples)-1].at
	begin = begin.Add(min(warmUpMax, end.Sub(begin)/4))
	var n, sx, sy, sxx, sxy float64
	for _, s := range samples {
		if s.at.Before(begin) {
			continue
		}
		x, y := s.at.Sub(begin).Hours(), s.values[figure]
		if n == 0 {
			l.first, l.least = y, y
		}
		l.last, l.least, l.most = y, min(l.least, y), max(l.most, y)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	d := n*sxx - sx*sx
	if n < 10 || d <= 0 {
		return l, false
	}
	l.perHour = (n*sxy - sx*sy) / d
	l.rise = l.perHour * end.Sub(begin).Hours()
	return l, true
}
