package swim

// Directory interns names and identities.
type Directory struct{}

// NewDirectory returns an empty directory.
func NewDirectory() *Directory { return &Directory{} }
