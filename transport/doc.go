// Package transport moves the bytes of members: packets over UDP and streams over TCP on the same port. Call Listen, then
// ReadBatch in one goroutine and Accept in another. What the bytes mean is the business of packages envelope and swim.
//
// # Model
//
// A packet is exactly one datagram: whole, or not there. Packets leave from the bound port, so their source address is the
// address where their sender listens. A stream is one TCP connection for one exchange; it leaves from any free port.
// Addresses are netip ones, IPv4 always in its 4-byte form, also where one socket serves both families.
//
// A socket bound to one address serves the family of that address; one bound to 0.0.0.0 or :: serves both families, where
// the system allows that. Port 0 lets the system choose a number for the listener, and the packet socket takes the same;
// when another program has it, the choice is repeated, ten times at most. AdvertiseAddr finds what to tell peers when the
// bound address is unspecified.
//
// # Buffers
//
// A Batch brings its own buffers and belongs to whoever holds it, so packets go from the reader to another goroutine without a
// copy. Packets of up to 2 KiB, which are nearly all, are read straight into the batch. On Linux up to 32 of them come with
// one recvmmsg call, and the remainder of a longer one lands in address space that has no memory behind it until then and
// gives it back when such packets stop; an idle transport therefore holds some 10 KiB. Elsewhere each call moves one
// packet. Nothing is allocated per packet either way, but for the first long ones of a batch.
//
// # Time
//
// Packets carry the time at which the read that brought them returned. Every stream gets a deadline when it is opened or
// accepted, so none outlives a silent peer; its owner may move the deadline.
//
// # Concurrency
//
// All methods of a Net may be called from several goroutines. Packets of two calls of WriteBatch do not mix in one system
// call. One goroutine that reads is enough; a second one waits for the first.
//
// # Limits
//
// Accepted streams are bounded in all (StreamsMax) and by source address (StreamsPerSourceMax); what is above is closed at
// once and counted. When accepting fails, the next attempt waits 5 ms, twice as long after each further failure, 1 s at
// most. When no descriptor is left, one that was held back serves to close waiting connections, so that peers
// learn at once that nothing will come. Datagrams without bytes are counted and dropped.
//
// # Deviations
//
// Reference agents have no bound on streams, keep failing to accept at full speed when descriptors run out, and announce the
// unspecified address when bound to ::.
package transport
