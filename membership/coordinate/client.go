package coordinate

import (
	"errors"
	"fmt"
	"time"
)

const (
	// RTTMax is the longest round trip that an update takes. Reference peers refuse longer ones too.
	RTTMax = 10 * time.Second

	errorWeight = 0.25  // ce of the paper: the share of a sample in the error
	forceWeight = 0.25  // cc of the paper: the share of a spring's force that moves this node
	gravity     = 150.0 // the distance from the origin, in seconds, at which each update pulls back by one second

	// stretchMax is the largest misprediction, in seconds, that moves this node in full: twice RTTMax. Converging nodes are
	// off by less.
	stretchMax = 20.0
	// stepMax is how far, in seconds, a spring and gravity each can move this node at once, whatever a peer forges.
	stepMax = stretchMax * forceWeight
)

// AdjustmentWindowMax is the largest Config.AdjustmentWindow.
const AdjustmentWindowMax = 64

// Reasons for which Client.Update refuses a sample, besides those of Coordinate.Check.
var (
	ErrRTT       = errors.New("coordinate: round trip out of range")
	ErrPeersFull = errors.New("coordinate: too many peers")
)

// Uniform is a source of numbers in [0, 1). *rand.Rand of math/rand/v2 is one.
type Uniform interface{ Float64() float64 }

// Config is what may differ between nodes; the rest is fixed by what peers compute.
type Config struct {
	AdjustmentWindow int // samples that Adjustment is the mean of; 20; 0 leaves Adjustment alone; at most AdjustmentWindowMax
	PeersMax         int // peers remembered; a sample from one more is refused; should be the most members there can be
}

// DefaultConfig returns what reference nodes use, and room for 65,536 peers.
func DefaultConfig() Config { return Config{AdjustmentWindow: 20, PeersMax: 65536} }

// Validate returns all that is wrong with c, or nil.
func (c Config) Validate() error {
	var errs []error
	if c.AdjustmentWindow < 0 || c.AdjustmentWindow > AdjustmentWindowMax {
		errs = append(errs, fmt.Errorf("coordinate: adjustment window %d not in 0..%d", c.AdjustmentWindow, AdjustmentWindowMax))
	}
	if c.PeersMax < 1 {
		errs = append(errs, fmt.Errorf("coordinate: peers max %d is not positive", c.PeersMax))
	}
	return errors.Join(errs...)
}

// Client keeps the coordinate of this node and what it learnt of its peers.
//
//  1. The own coordinate passes Check; so does each peer's.
//  2. At most Config.PeersMax peers are known.
type Client struct {
	peersMax int
	self     Coordinate
	window   adjustment
	peers    peers
	stats    Stats
}

// New returns a Client at the origin. The error is that of Config.Validate.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Client{
		peersMax: cfg.PeersMax,
		self:     Fresh(),
		window:   adjustment{size: cfg.AdjustmentWindow},
		peers:    peers{index: map[string]int32{}},
	}, nil
}

// Coordinate returns where this node stands.
func (c *Client) Coordinate() Coordinate { return c.self }

// Peer returns the coordinate that node announced last, of those that were taken.
func (c *Client) Peer(node string) (Coordinate, bool) {
	p := c.peers.lookup(node)
	if p == nil {
		return Coordinate{}, false
	}
	return p.coordinate, true
}

// Len returns how many peers are known.
func (c *Client) Len() int { return len(c.peers.index) }

// Forget drops what is known of node. A node that is not known is no error.
func (c *Client) Forget(node string) { c.peers.forget(node) }

// Stats returns the counters.
func (c *Client) Stats() Stats { return c.stats }

// Update takes in that a probe of node took rtt and that node stands at other, and returns how far this node moved. It
// draws from u when both stand at the same place. The error is that of other.Check, ErrRTT or ErrPeersFull; then only a
// counter has changed. It allocates nothing for a node that is known, and keeps the name of a new one.
func (c *Client) Update(node string, other *Coordinate, rtt time.Duration, u Uniform) (moved time.Duration, err error) {
	if err := c.admit(node, other, rtt); err != nil {
		c.stats.refuse(err)
		return 0, err
	}
	c.stats.Updates++
	if rtt == 0 {
		c.stats.ZeroRTT++
	}
	p := c.peers.ensure(node)
	p.coordinate = *other
	before := c.self
	c.move(p.latency.add(rtt).Seconds(), other, u)
	return before.DistanceTo(&c.self), nil
}

// admit says whether Update may go ahead. The order is that of reference peers.
func (c *Client) admit(node string, other *Coordinate, rtt time.Duration) error {
	if !other.finite() {
		return ErrNotFinite
	}
	if rtt < 0 || rtt > RTTMax {
		return ErrRTT
	}
	if err := other.Check(); err != nil {
		return err
	}
	if c.Len() >= c.peersMax && c.peers.lookup(node) == nil {
		return ErrPeersFull
	}
	return nil
}

// move applies one round trip of rtt seconds to other.
func (c *Client) move(rtt float64, other *Coordinate, u Uniform) {
	c.pull(rtt, other, u)
	if c.self.Check() != nil { // before the misprediction enters the window and the height turns into a fall
		c.reset()
		return
	}
	if c.window.size > 0 {
		c.self.Adjustment = c.window.add(rtt - c.self.rawDistance(other))
	}
	c.fall(u)
	if c.self.Check() != nil {
		c.reset()
	}
}

// pull is the step of Vivaldi: it corrects the error and lets the spring to other move this node.
func (c *Client) pull(rtt float64, other *Coordinate, u Uniform) {
	distance := c.self.DistanceTo(other).Seconds()
	rtt = max(rtt, nearZero)
	wrong := distance - rtt
	if wrong < 0 {
		wrong = -wrong
	}
	wrong /= rtt
	weight := c.self.Error / max(c.self.Error+other.Error, nearZero)
	share := float64(errorWeight * weight)
	c.self.Error = min(float64(share*wrong)+float64(c.self.Error*(1-share)), ErrorMax)
	stretch := min(max(rtt-distance, -stretchMax), stretchMax)
	c.self.push(float64(forceWeight*weight)*stretch, other, u)
}

// fall lets gravity pull this node towards the origin.
func (c *Client) fall(u Uniform) {
	origin := Fresh()
	g := origin.DistanceTo(&c.self).Seconds() / gravity
	c.self.push(-min(float64(g*g), stepMax), &origin, u)
}

// reset returns to the origin. The mispredictions belonged to the place left, so they go too.
func (c *Client) reset() {
	c.stats.Resets++
	c.self = Fresh()
	c.window = adjustment{size: c.window.size}
}
