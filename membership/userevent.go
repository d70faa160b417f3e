package membership

import "time"

// UserEvent sends an event to all members, this one included.
func (c *Cluster) UserEvent(now time.Time, name string, payload []byte, coalesce bool) error {
	return errNotYet
}
