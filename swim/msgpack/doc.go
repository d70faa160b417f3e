// Package msgpack holds the MessagePack primitives that the gossip protocol needs: append functions that write the old
// (pre-2013) profile byte for byte, and a Reader that accepts everything reference peers accept.
//
// Start with AppendMap, AppendString, AppendUint for writing and with Reader for reading.
//
// # Model
//
// Writers use raw strings only (never str8, never bin), unsigned forms for unsigned fields and signed forms for signed
// fields; AppendStr and AppendBin write the newer profile, which RPC speaks. The Reader also takes str8, bin, arrays of small integers for strings, and any integer family that fits.
//
// # Concurrency
//
// Append functions are pure. A Reader belongs to one goroutine.
//
// # Limits
//
// A Reader never allocates from a declared length: strings and byte strings are slices of the input. Containers nested
// deeper than DepthMax are refused.
package msgpack
