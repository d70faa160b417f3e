// Package envelope turns messages into packets and streams and back: it puts several messages into one packet,
// compresses, checks, encrypts and labels them. What a message says is none of its business.
//
// Start with NewSealer and Sealer.SealPacket for what goes out, and with NewOpener and Opener.OpenPacket for what comes
// in. Streams are sealed by Sealer.SealStream and read by a Scanner.
//
// # Model
//
// A packet is one datagram, outermost layer first:
//
//	label     [244 len:1 label:len]            absent when no label is configured
//	version   [1] nonce [12] box [n+16]        absent without a key; AES-GCM, the label is authenticated data
//	          [64] nonce [24] box [n+16]       with XChaCha20-Poly1305: version and label are authenticated data
//	checksum  [12 crc:4]                       optional; CRC-32 (IEEE), big endian, of all that follows
//	compress  [9 msgpack{Algo: 0, Buf: lzw}]   optional; only if the packet becomes shorter
//	compound  [7 count:1 size:2 ... messages]  only with more than one message
//
// A stream carries one message each way:
//
//	label     [244 len:1 label:len]            from the initiator only
//	encrypt   [10 len:4 version:1 nonce:12 box:n+16]   type, length and label are authenticated data
//	compress  [9 msgpack{Algo: 0, Buf: lzw}]
//	message   without any length in front: its end is found by walking over its structure
//
// Encryption version 0 pads the text to a multiple of 16 bytes, version 1 does not. Version 64 is ours: XChaCha20-Poly1305 under a
// key that HKDF-SHA-256 derives from that of the ring, with a nonce of 24 bytes; in a stream frame the version goes in front of the
// authenticated data, too. A member opens all versions with every key of its ring, whatever it sends.
//
// # Time
//
// Nothing here knows the time. Deadlines of streams belong to the driver.
//
// # Concurrency
//
// Config and Keyring are immutable and may be shared. A Sealer, an Opener and a Scanner belong to one goroutine each:
// they hold the scratch memory that makes packets free of allocations.
//
// # Limits
//
// A length that a peer claims is never believed: buffers grow with what has really come. Inflated data, frames and
// streams are bounded by Config. On the way from the outside to a message each wrapper may occur once.
//
// # Deviations
//
// From the reference: padding is validated whole; encryption version 0 is refused unless configured; a compound inside a
// compound and compression inside compression are refused; a packet inflates to at most 64 KiB; an empty plaintext is an
// error; with ReplayWindow a packet that comes twice is refused; short messages are not compressed, nor are those that would not shrink.
package envelope
