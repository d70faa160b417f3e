package membership

import (
	"slices"
	"time"

	"serf/swim"
)

// joining is one Join under way.
//
// Invariant: pending counts its entries in Cluster.dials; targets before next were tried.
type joining struct {
	token     Token
	targets   []Target
	errs      []error // by target
	next      int
	pending   int
	joined    int
	ignoreOld bool
}

// dial is one exchange of a Join.
type dial struct {
	exchange swim.Exchange
	join     *joining
	target   int
}

// Join tells the members at the targets of this one and learns of theirs, up to JoinDialsMax at one time. Done tells how
// many answered; its Err is ErrJoinFailed when none did. With ignoreOld user events older than the join are not
// delivered.
//
// It fails with ErrJoinState after Leave or Shutdown and with ErrBusy; nothing has changed then.
func (c *Cluster) Join(now time.Time, token Token, targets []Target, ignoreOld bool) error {
	if c.table.life != LifeAlive {
		return ErrJoinState
	}
	if c.busy() {
		return ErrBusy
	}
	c.joins = append(c.joins, &joining{
		token:     token,
		targets:   slices.Clone(targets),
		errs:      make([]error, len(targets)),
		ignoreOld: ignoreOld,
	})
	c.fireJoin(now)
	c.settle(now)
	return nil
}

// fireJoin dials further targets of all joins.
func (c *Cluster) fireJoin(now time.Time) {
	c.joinAt = never
	for _, j := range c.joins {
		for j.next < len(j.targets) && j.pending < c.cfg.JoinDialsMax {
			i := j.next
			j.next++
			x, err := c.node.Join(now, j.targets[i].Addr, j.targets[i].Name)
			if err != nil {
				j.errs[i] = err
				continue
			}
			j.pending++
			c.dials = append(c.dials, dial{x, j, i})
		}
	}
	c.drain(now)
}

// ignoresOld reports whether x belongs to a Join that wants no old user events. Other exchanges are not concerned, even
// while that Join is under way.
func (c *Cluster) ignoresOld(x swim.Exchange) bool {
	i := slices.IndexFunc(c.dials, func(d dial) bool { return d.exchange == x })
	return i >= 0 && c.dials[i].join.ignoreOld
}

// finishExchanges handles the completions of this input and ends the joins that have nothing left to try.
func (c *Cluster) finishExchanges(now time.Time) {
	for _, e := range c.finished {
		i := slices.IndexFunc(c.dials, func(d dial) bool { return d.exchange == e.Exchange })
		if i < 0 {
			c.onRejoin(now, &e)
			continue
		}
		d := c.dials[i]
		c.dials = slices.Delete(c.dials, i, i+1)
		d.join.pending--
		if e.Err == nil {
			d.join.joined++
		} else {
			d.join.errs[d.target] = e.Err
		}
		if d.join.next < len(d.join.targets) {
			c.joinAt = c.at(now)
		}
	}
	clear(c.finished)
	c.finished = c.finished[:0]
	c.joins = slices.DeleteFunc(c.joins, func(j *joining) bool {
		over := j.pending == 0 && j.next == len(j.targets)
		if over {
			c.finishJoin(now, j)
		}
		return over
	})
}

// finishJoin announces the local member, later than everything it learned, and reports.
func (c *Cluster) finishJoin(now time.Time, j *joining) {
	d := Done{Token: j.token, Joined: j.joined}
	for i, err := range j.errs {
		if err != nil {
			d.Failures = append(d.Failures, JoinFailure{Target: j.targets[i], Err: err})
		}
	}
	switch {
	case j.joined == 0 && len(j.targets) > 0:
		d.Err = ErrJoinFailed
	case j.joined > 0 && c.table.life == LifeAlive:
		c.table.announce(c.at(now))
	}
	c.done(d)
}
