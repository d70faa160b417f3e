// Package sim runs members in virtual worlds: the very same membership.Cluster that the agent runs, on a virtual clock and
// network, deterministically. It also holds the checks that look at the project as a whole, such as the purity of the
// packages that the simulation relies on.
//
// Start with NewWorld and World.Run; DrawTrial and Trial.Run make a whole random trial of it.
//
// # Model
//
// A World owns a queue of future events, a network and hosts. A host that is up has one Cluster. Every input to a Cluster
// and every effect it puts out is folded into the world's hash, so two runs are the same exactly when their hashes are.
//
// Checkers watch a world: each is shown everything that changes, and the world stands still where one finds its invariant
// broken. A Scenario answers a question in a Report; cmd/serfsim prints it.
//
// # Time
//
// Virtual, from the Unix epoch on. It moves only in Run, from one event to the next.
//
// # Concurrency
//
// A World belongs to one goroutine. A Swarm runs several at one time.
//
// # Limits
//
// At a frozen, slow or blocked host 256 packets and new streams wait. A violation shows the last 24 changes.
//
// Random draws happen whether or not a fault masks them, so that switching one fault off does not shift the others.
package sim
