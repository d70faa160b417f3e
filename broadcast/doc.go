// Package broadcast is the transmit-limited queue: messages that ride in outgoing packets until each was sent often
// enough to have reached everybody with high probability.
//
// Start with New and Push; a packet is filled by Take.
//
// # Model
//
// A message leaves the queue when it has been put into TransmitLimit packets, when a newer message with its name takes
// its place, or when there is no room for it. Until then the queue orders messages by how much a packet gains from them:
// fewest transmits first, within that longest first, within that newest first. Each packet is filled greedily in this
// order, so that a new message leaves with the very next packet, and big ones are not starved by small ones.
//
// Whoever has to know that its message went out pushes it with notify and reads NextFinished. This is a list, not a
// callback: it loses nothing when the message leaves before anybody waits for it.
//
// # Time
//
// There is none. Take is called when a packet leaves.
//
// # Concurrency
//
// A Queue and a Batch belong to one goroutine.
//
// # Limits
//
// Messages have at most MessageBytesMax bytes and the queue holds at most LenMax of them; Push, the removal by name and
// each message taken cost O(log n). In steady state nothing is allocated: buffers of finished messages are used again,
// and an emptied queue gives the memory of a burst back.
//
// # Deviations
//
// The reference queues messages that fit into no packet and keeps them for ever; here Push refuses them. Its queues are
// bounded only by pruning from time to time; here the last message in the order makes room at once.
package broadcast
