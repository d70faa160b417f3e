package swim

// Stats counts what happened since the node's start.
type Stats struct{}
