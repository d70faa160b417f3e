// Package config is the configuration of an agent: what its files and its command line say, merged, checked and made
// ready to start from.
//
// Start with Load and Config.Resolve.
//
// # Model
//
// Every key is one row of a table: its name in files, its flag, the field of Config that holds it, and what of it is not
// built yet. A file or a command line becomes a Layer, a set of typed values by key. Load merges the layers onto
// Default, files first, in the order in which they were named, flags last:
//
//	text       a value that is not empty replaces
//	number     a value that is not zero replaces; a protocol must be positive
//	duration   a value that is not zero replaces
//	bool       only true has an effect, so that no later layer takes back what an earlier one switched on
//	list       appended
//	tags       merged per tag, the later layer wins
//
// enable_compression alone is replaced by every layer that names it.
//
// # Texts
//
// Errors begin with a capital letter where the reference agent prints them so: scripts match on these texts. Whoever shows
// them puts its own prefix in front.
//
// # Limits
//
// A file may have FileBytesMax bytes, a list FileValuesMax entries over all layers.
//
// # Concurrency
//
// A Config is a value; nothing here keeps state.
package config
