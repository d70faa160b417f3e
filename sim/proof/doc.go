// Package proof is what the tests of several packages share: the three tests of each message, the bound on the memory that an
// input may cost, and what holds the tables of the documentation against the tests that they name.
//
// Begin with Codec for a message, with Memory in a fuzz target, and with ReadTable and Source in a test of a document.
package proof
