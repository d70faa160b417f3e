// Package discover finds the other agents of a cluster on the local network by multicast DNS, so that nobody has to be told
// an address.
//
// Start with Start; Close ends it.
//
// # Model
//
// Every agent of the cluster "prod" announces a service instance NODE._serf_prod._tcp.local. and answers questions about it:
//
//	responder   one socket per address family, in the group 224.0.0.251 or ff02::fb, port 5353 ─► answer to who asked
//	poller      every minute: question to both groups ─► answers ─► addresses that are no members yet ─► Join
//
// An answer is taken when one message, or the answer to the follow-up question about an instance, holds all of PTR, SRV, TXT and an
// address. What came within 100 ms is joined together.
//
// # Trouble
//
// The two address families are independent: what fails in one is logged when it begins and tried again with every poll. Only
// when no family can listen at the start, Start fails. An address that cannot be joined is tried again, after 1, 2, 4, 8 and then every
// 16 polls. A member that is seen alive, and this agent itself, are not joined. Everything that a stranger can send has a
// limit; what is beyond is counted in Stats and changes nothing.
//
// # Limits
//
// A message has at most messageBytesMax bytes and instancesMax instances. A poll reads packetsMax packets per family,
// sourcePacketsMax of one source, asks gapsMax follow-up questions and joins joinsMax addresses, sourceJoinsMax of one source. Of
// addresses that were tried, rememberedMax are remembered. The responder answers answersPerSecondMax questions a second.
//
// # Concurrency
//
// A Discovery has one goroutine for each address family and one for polls, which sleeps in between; the methods may be called
// by any goroutine.
//
// # Deviations
//
// See docs/protocol.md. Names are compared byte by byte, as reference agents do: "Prod" and "prod" are two clusters.
package discover
