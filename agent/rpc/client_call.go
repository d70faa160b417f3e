package rpc

import (
	"context"

	"serf/membership/coordinate"
)

// UserEvent sends an event to all members. With coalesce a receiver may skip it for a later one of the same name. A nil
// payload is none.
func (c *Client) UserEvent(ctx context.Context, name string, payload []byte, coalesce bool) error {
	body := appendEvent(nil, eventRequest{Coalesce: coalesce, Name: name, Payload: payload})
	_, err := c.call(ctx, request{command: "event", body: body, timeout: c.timeout})
	return err
}

// UpdateTags takes the tags in remove from those of the agent, then adds set.
func (c *Client) UpdateTags(ctx context.Context, set map[string]string, remove []string) error {
	body := appendTags(nil, tagsRequest{DeleteTags: remove, Tags: set})
	_, err := c.call(ctx, request{command: "tags", body: body, timeout: longFactor * c.timeout})
	return err
}

// Respond answers the query that a stream of this client brought with id.
func (c *Client) Respond(ctx context.Context, id uint64, payload []byte) error {
	body := appendRespond(nil, respondRequest{ID: id, Payload: payload})
	_, err := c.call(ctx, request{command: "respond", body: body, timeout: c.timeout})
	return err
}

// InstallKey makes all members accept key, in base64, beside those they have. This and the other key operations return
// what is known of the members also with a *RemoteError, which says that some failed or did not answer.
func (c *Client) InstallKey(ctx context.Context, key string) (KeyResult, error) {
	return c.keys(ctx, "install-key", appendKey(nil, keyRequest{key}))
}

// UseKey makes all members encrypt with a key that they have.
func (c *Client) UseKey(ctx context.Context, key string) (KeyResult, error) {
	return c.keys(ctx, "use-key", appendKey(nil, keyRequest{key}))
}

// RemoveKey makes all members forget a key that they do not encrypt with.
func (c *Client) RemoveKey(ctx context.Context, key string) (KeyResult, error) {
	return c.keys(ctx, "remove-key", appendKey(nil, keyRequest{key}))
}

// ListKeys asks all members for their keys.
func (c *Client) ListKeys(ctx context.Context) (KeyResult, error) {
	return c.keys(ctx, "list-keys", nil)
}

func (c *Client) keys(ctx context.Context, command string, body []byte) (KeyResult, error) {
	b, err := c.call(ctx, request{command: command, body: body, reply: true, timeout: longFactor * c.timeout})
	if b == nil {
		return KeyResult{}, err
	}
	result, bad := decodeKeyResult(b)
	if bad != nil {
		return KeyResult{}, c.broken(bad)
	}
	return result, err
}

// Coordinate returns where a member is in the network; false when the agent does not know.
func (c *Client) Coordinate(ctx context.Context, node string) (coordinate.Coordinate, bool, error) {
	body := appendCoordinateRequest(nil, coordinateRequest{node})
	body, err := c.call(ctx, request{command: "get-coordinate", body: body, reply: true, timeout: c.timeout})
	if err != nil {
		return coordinate.Coordinate{}, false, err
	}
	p, err := decodeCoordinateReply(body)
	return p.Coord, p.Ok, c.broken(err)
}
