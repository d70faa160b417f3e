// Package rpc is the protocol by which tools talk to a running agent over TCP, TLS or a Unix socket: its messages, the
// Server inside the agent and the Client of the command line. It is byte-compatible with the reference agent's.
//
// Start with Listen, NewServer and Serve on one side and with Dial and Client.Members on the other.
//
// # Model
//
// Both directions are plain sequences of MessagePack values:
//
//	request   {Command: text, Seq: uint}   then, for commands that have one, a body map
//	reply     {Error: text, Seq: uint}     then, for commands that have one, a body map
//
// A connection begins with the command handshake, followed by auth where the agent has a key. The requests of one
// connection are executed one after another, but one that waits for other members (join, force-leave, tags and keys)
// holds up those behind it for 100 ms at most; requests about the same thing keep their order, and a leave comes after
// all. Answers carry the Seq of their request. Connections do not wait for each other. What can be asked is one row per
// command in the table of command.go.
//
// A stream, a monitor and a query go on after their reply: records, each a reply header and a body, follow under the Seq
// of the request, between the replies to others. The record of a query that says "done" is its last. No record of a
// stream or monitor follows the reply to the stop that ends it. All end with their connection.
//
// # Concurrency
//
// Server and Client are safe for concurrent use. A connection of the server is one goroutine, and a second one, while a
// command runs, that notices a client going away. A request that waits for other members has one of its own; there are 16
// at most, and then no further request is read. Each stream, monitor and query has one more, which waits for the agent
// and writes; nothing in the agent ever waits for it.
//
// # Time
//
// A client has 10 s to complete TLS, handshake and auth, 30 s to complete a request it has begun and 5 s to take each 32 KiB
// of a reply, or a record; there is no limit on idleness. The auth of a peer that has failed before is delayed by 100 ms, doubling up to
// 5 s. Every call of the client ends: after 10 s, or 60 s for join, leave and force-leave, unless its context says
// otherwise. A client that closes its sending half still gets its replies; what it waits for is cancelled when the
// connection breaks, except a leave, which once ordered is carried through.
//
// # Limits
//
// At most 512 connections; a further one takes the place of the oldest that has not logged in. A request has at most
// 64 KiB before login and 1 MiB after. Memory is never allocated from a length that the peer declares, and a reply is
// encoded in pieces while it is sent, so that a slow reader costs one piece.
//
// One connection has at most 64 streams, one monitor, 64 queries under way and 1024 delivered queries to respond to. For
// each stream 512 events wait, for each monitor 512 lines beside those that the log remembers. What a slow client misses
// is counted and marked: the first event after a gap has the field Dropped, a monitor gets a line. The log tells of gaps
// once in ten seconds, when they are told to the client and not while it stands still, and a monitor does not show the
// lines about its own. A client that takes no record for 5 s is closed, and the log says why. Stats has a group rpc that
// counts what was refused, lost or given up, and a group rpc_clients with a row for each client that streams or asks.
//
// # Access
//
// Keys are compared as digests, in constant time. Who presents a wrong one waits longer and longer; origins are told
// apart by what a peer cannot choose: its IPv4 address, its IPv6 network, its user. One origin with many connections has as many
// guesses under way: that others behind the same address are not locked out is worth more. The file of a Unix socket
// has its mode before it can be reached, and its clients are logged with user and process. TLS is version 1.3.
//
// # Deviations
//
// The reference takes a refused command's body for the next request and answers twice; here the body is discarded. It
// hangs up on a bad regular expression; here the reason comes back with an empty list. It joins ^ and $ textually to an
// expression; here a|b is matched as a whole. It repeats the last Command or Seq when a header lacks them and takes arrays
// for maps; here what is missing is zero and arrays are refused like any other undecodable request: the connection is
// closed.
//
// Of a full stream the reference drops the newest events without a mark and logs each, which a stalled monitor turns into
// an endless loop; here the oldest make room, so that the mark stands where the gap is. There done comes exactly at the
// deadline of a query; here as soon as it is over, unless the request has the field WaitFull. There a tag expression that
// cannot be compiled asks nobody; here the request fails with the reason.
//
// The MessagePack is written and read by hand: the library that could do it is three quarters of a binary that uses it
// (10.7 MB against 2.2 MB) and 3.7 MB of resident memory. It serves as the oracle of the tests.
package rpc
