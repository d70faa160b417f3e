//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// wrongMax is how many wrong tellings are listed.
const wrongMax = 20

// report prints what was done and measured, and fails when something is not as it should be.
func (c *cluster) report(w io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(c.done)) {
		fmt.Fprintf(w, "%6d × %s\n", c.done[kind], kind)
	}
	for _, err := range c.failures {
		fmt.Fprintf(w, "failed: %v\n", err)
	}
	flat := c.reportFigures(w)
	accepted, owed, wrong := c.book.account(time.Now())
	fmt.Fprintf(w, "%d events were accepted, %d tellings owed, %d wrong\n", accepted, owed, len(wrong))
	for _, s := range wrong[:min(len(wrong), wrongMax)] {
		fmt.Fprintln(w, s)
	}
	var err error
	if c.failed > 0 {
		err = fmt.Errorf("%d steps failed", c.failed)
	}
	if len(wrong) > 0 {
		err = errors.Join(err, fmt.Errorf("%d tellings of events are wrong", len(wrong)))
	}
	return errors.Join(err, flat)
}

// reportFigures prints the line of each figure, and names those that rise.
func (c *cluster) reportFigures(w io.Writer) (err error) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "agent\tfigure\tfirst\tleast\tmost\tlast\trise\tper hour\t")
	for i, samples := range c.samples {
		for j, figure := range figures {
			l, ok := fit(samples, j)
			if !ok {
				err = errors.Join(err, fmt.Errorf("too few samples of %s", c.agents[i].name))
				break
			}
			fmt.Fprintf(tw, "%s\t%s %s\t%.0f\t%.0f\t%.0f\t%.0f\t%+.1f\t%+.1f\t\n", c.agents[i].name, figure.name, figure.unit,
				l.first, l.least, l.most, l.last, l.rise, l.perHour)
			if l.rise > figure.tolerance {
				err = errors.Join(err, fmt.Errorf("%s of %s rose by %.0f %s, want %.0f at most",
					figure.name, c.agents[i].name, l.rise, figure.unit, figure.tolerance))
			}
		}
	}
	return errors.Join(err, tw.Flush())
}
