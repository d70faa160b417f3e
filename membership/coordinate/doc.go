// Package coordinate places members in a space whose distances are their round-trip times, so that the time between any
// two can be estimated though they never spoke with each other.
//
// Start with New and Client.HandleAck, which takes in what a probe of a peer showed; Client.Coordinate is where this node
// stands, and Coordinate.DistanceTo the estimate between two.
//
// # Model
//
// The space is that of Vivaldi (Dabek et al., SIGCOMM 2004): eight dimensions and a height, the time to get to and from the
// core of the network. Each round trip is a spring between two nodes; an update moves this node, never the peer, by part
// of the spring's force. Three things are added, as reference peers have them: the median of the last three round trips
// stands for the last one; the mean misprediction of the last twenty updates is added to estimates (Adjustment; Ledlie et
// al., NSDI 2007); and a weak gravity keeps all nodes around the origin.
//
// A coordinate travels as payload of a probe's acknowledgement:
//
//	version  [1]   1
//	body     [n]   MessagePack map of Adjustment, Error, Height: float64; Vec: list of 8 float64
//
// It is 130 bytes long. Products are rounded before they are added on every machine, so that all compute the same bits.
//
// # Time
//
// The package reads no clock. All lengths are seconds, except where a time.Duration says otherwise.
//
// # Concurrency
//
// A Coordinate is a plain value. A Client belongs to one goroutine.
//
// # Limits
//
// A coordinate that a peer announces is taken only if its error is from 0 to ErrorMax, its height is not negative, and
// no length in it exceeds LengthMax; a node that an update leads beyond starts afresh at the origin. Within these limits a
// forged coordinate moves its vector by at most ten seconds, since a misprediction counts for at most twice RTTMax and
// gravity is held to the same. Honest coordinates stay well inside. A Client knows at most Config.PeersMax peers, each at
// about 150 bytes and its name.
//
// # Deviations
//
// The reference only refuses numbers that are not finite, and a few forged coordinates throw it 10^14 seconds away. It
// keeps the adjustment window when it has to reset its coordinate, and then resets twenty times more; here the window goes
// with the place it belonged to.
package coordinate
