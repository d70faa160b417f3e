package membership

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"serf/swim"
)

// Cluster is one member of a Serf cluster.
type Cluster struct {
	cfg Config
}

// New returns a member that knows nobody.
func New(cfg Config, now time.Time, rng *rand.Rand) (*Cluster, error) { panic("membership: stub") }

func (c *Cluster) HandlePacket(now time.Time, from netip.AddrPort, b []byte) error {
	panic("membership: stub")
}
func (c *Cluster) HandleStream(now time.Time, x swim.Exchange, from netip.AddrPort, b []byte) error {
	panic("membership: stub")
}
func (c *Cluster) HandleState(now time.Time, x swim.Exchange, s *swim.State) error {
	panic("membership: stub")
}
func (c *Cluster) HandleReply(now time.Time, x swim.Exchange, b []byte) error {
	panic("membership: stub")
}
func (c *Cluster) HandleFailure(now time.Time, x swim.Exchange, cause error) {
	panic("membership: stub")
}
func (c *Cluster) HandleUnsent(now time.Time, probe uint32) { panic("membership: stub") }
func (c *Cluster) HandleDeadline(now time.Time)             { panic("membership: stub") }
func (c *Cluster) NextEffect() (Effect, bool)               { panic("membership: stub") }
func (c *Cluster) NextDeadline() (time.Time, Timer)         { panic("membership: stub") }
func (c *Cluster) View() *View                              { panic("membership: stub") }
func (c *Cluster) Stats() Stats                             { panic("membership: stub") }
func (c *Cluster) Join(now time.Time, token Token, targets []Target, ignoreOld bool) error {
	panic("membership: stub")
}
func (c *Cluster) Leave(now time.Time, token Token) error { panic("membership: stub") }
func (c *Cluster) ForceLeave(now time.Time, token Token, node string, prune bool) error {
	panic("membership: stub")
}
func (c *Cluster) SetTags(now time.Time, token Token, tags map[string]string) error {
	panic("membership: stub")
}
func (c *Cluster) Shutdown(now time.Time) { panic("membership: stub") }
