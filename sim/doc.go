// Package sim runs members in virtual worlds. It also holds the checks that look at the project as a whole, such as the
// purity of the packages that the simulation relies on.
package sim
