//go:build conform

package conform

// difference is a check that a binary is known to fail.
type difference struct {
	why    string
	timing bool // passes now and then
}

// knownLists are the known differences by the name that the flag -known takes. A check on the list that passes is
// reported, so that the list stays true.
var knownLists = map[string]map[string]difference{
	"":       {},
	"debian": debian,
}
