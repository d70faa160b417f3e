// Package proof is what the tests of several packages share: the bound on the memory that an input may cost, and checks that a table
// in the documentation names tests that there are.
//
// Begin with Memory in a fuzz target, and with ReadTable in a test of a document.
package proof
