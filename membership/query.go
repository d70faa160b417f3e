package membership

import (
	"errors"
	"time"

	"serf/eventbus"
)

var errNotYet = errors.New("membership: not yet")

// QueryParams is what a query asks, and whom.
type QueryParams = eventbus.QueryParams

// Query asks members. Answers come as EffectAnswer with the token, Done ends them.
func (c *Cluster) Query(now time.Time, token Token, p QueryParams) (eventbus.QueryID, error) {
	return eventbus.QueryID{}, errNotYet
}

// CancelQuery ends a query early; Done follows unless it is over.
func (c *Cluster) CancelQuery(now time.Time, token Token) {}

// Respond answers a query that was delivered as an event.
func (c *Cluster) Respond(now time.Time, id eventbus.QueryID, payload []byte) error { return errNotYet }
