package rpc

import (
	"context"
	"time"
)

// Options configures Dial.
type Options struct {
	// Addr is the agent's host:port.
	Addr string
	// AuthKey is presented after the handshake unless it is empty.
	AuthKey string
	// Timeout bounds dialling, handshake and auth together, and each short call; 0 means 10 s.
	Timeout time.Duration
}

// Client talks to one agent.
type Client struct{}

// Dial connects and logs in. A dial error is that of package net; a refusal is a *RemoteError.
func Dial(ctx context.Context, opts Options) (*Client, error) { panic("rpc: not built") }

// Members returns all members in the agent's order.
func (c *Client) Members(ctx context.Context) ([]Member, error) { panic("rpc: not built") }

// MembersFiltered returns the members that match all expressions, each of which must match the whole value. An empty
// expression matches everything.
func (c *Client) MembersFiltered(ctx context.Context, tags map[string]string, status, name string) ([]Member, error) {
	panic("rpc: not built")
}

// Join makes the agent contact addrs and returns how many answered; with an error it is 0.
func (c *Client) Join(ctx context.Context, addrs []string, replay bool) (int, error) {
	panic("rpc: not built")
}

// Leave makes the agent leave the cluster and end.
func (c *Client) Leave(ctx context.Context) error { panic("rpc: not built") }

// ForceLeave makes a failed member left; with prune it is forgotten. An unknown node is no error.
func (c *Client) ForceLeave(ctx context.Context, node string, prune bool) error {
	panic("rpc: not built")
}

// Stats returns the agent's figures by group and name.
func (c *Client) Stats(ctx context.Context) (map[string]map[string]string, error) {
	panic("rpc: not built")
}

// Close ends the connection; calls that wait return ErrClosed.
func (c *Client) Close() error { panic("rpc: not built") }
