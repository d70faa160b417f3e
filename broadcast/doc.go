// Package broadcast is the transmit-limited queue: messages that ride in outgoing packets until each was sent often
// enough to have reached everybody with high probability.
//
// Start with New and Push; a packet is filled by Take.
package broadcast
