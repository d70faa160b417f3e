package sim

import (
	"fmt"
	"maps"

	"serf/eventbus"
)

// Converged compares what all running hosts hold with the truth: hosts that are up are alive with the tags that they have
// set, others have failed or are forgotten, or have left if they were ever told to: a leave may be lost with the network, and so
// may be all news of the life after it. A host that leaves but is still up has left. It returns nil when all agree, otherwise an
// error that names the first difference. Hosts that never ran are left out, and so are viewers that leave.
func (w *World) Converged() error {
	for _, viewer := range w.hosts {
		if viewer.cluster == nil || viewer.leaving {
			continue
		}
		if err := w.agrees(viewer); err != nil {
			return fmt.Errorf("at %v %w", w.Now(), err)
		}
	}
	return nil
}

func (w *World) agrees(viewer *host) error {
	members := viewer.cluster.View().Members
	for _, h := range w.hosts {
		if h.lives == 0 {
			continue
		}
		for len(members) > 0 && members[0].Name < h.name {
			members = members[1:]
		}
		status, tags := eventbus.StatusNone, map[string]string(nil)
		if len(members) > 0 && members[0].Name == h.name {
			status, tags = members[0].Status, members[0].Tags
		}
		switch {
		case h.cluster != nil && !h.leaving:
			if status != eventbus.StatusAlive {
				return fmt.Errorf("%s sees %s as %v, it is up", viewer.name, h.name, status)
			}
			if !maps.Equal(tags, h.tags) {
				return fmt.Errorf("%s sees %s with tags %v, not %v", viewer.name, h.name, tags, h.tags)
			}
		case h.cluster != nil:
			if status != eventbus.StatusLeft && status != eventbus.StatusNone {
				return fmt.Errorf("%s sees %s as %v, it has left", viewer.name, h.name, status)
			}
		case status == eventbus.StatusLeft && h.left, status == eventbus.StatusFailed, status == eventbus.StatusNone:
		default:
			return fmt.Errorf("%s sees %s as %v, it is down", viewer.name, h.name, status)
		}
	}
	return nil
}
