package sim

// Counts tells which faults really occurred.
type Counts struct {
	Packets     uint64 // sent
	Bytes       uint64 // in them, before encryption
	Lost        uint64 // of the packets: by chance, a rule or a partition
	TooLarge    uint64 // of the lost: for their size
	Duplicated  uint64
	Delayed     uint64 // inputs that waited at a frozen, slow or blocked host, and outputs at a blocked one
	InboxFull   uint64 // packets and streams lost because too much waited
	Unreadable  uint64 // packets and streams for want of the key
	Refused     uint64 // streams, by the network
	Repeated    uint64 // packets dropped since they were opened before
	StreamBytes uint64 // in requests and replies, before encryption
	Starts      uint64
	Restarts    uint64 // of them: not the first of their host
	Crashes     uint64
	Leaves      uint64
	Accused     uint64 // how often a host that was up was called failed, by each who did
}

// headerBytes is what IP and UDP put before each packet, which Bytes leaves out.
const headerBytes = 28

func (c *Counts) packet(f *fate, bytes int) {
	c.Packets++
	c.Bytes += uint64(bytes)
	switch {
	case f.lost:
		c.Lost++
	case f.twice:
		c.Duplicated++
	}
}

// Counts returns what has happened so far.
func (w *World) Counts() Counts { return w.counts }

// add counts o too.
func (c *Counts) add(o *Counts) {
	c.Packets += o.Packets
	c.Bytes += o.Bytes
	c.StreamBytes += o.StreamBytes
	c.Lost += o.Lost
	c.TooLarge += o.TooLarge
	c.Duplicated += o.Duplicated
	c.Delayed += o.Delayed
	c.InboxFull += o.InboxFull
	c.Unreadable += o.Unreadable
	c.Repeated += o.Repeated
	c.Refused += o.Refused
	c.Starts += o.Starts
	c.Restarts += o.Restarts
	c.Crashes += o.Crashes
	c.Leaves += o.Leaves
	c.Accused += o.Accused
}
