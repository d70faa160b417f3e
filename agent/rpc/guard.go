package rpc

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

const (
	guardDelayMin = 100 * time.Millisecond
	guardDelayMax = 5 * time.Second
	// guardForget is how long after its last failure a peer starts anew.
	guardForget = time.Minute
	// guardPeersMax bounds the peers remembered; above it all others share one entry.
	guardPeersMax = 1024
	// originBits is the length of the IPv6 networks that are told apart: the smallest that a provider gives to a host.
	originBits = 64
)

// guard compares keys and slows down who guesses them. It is safe for concurrent use.
//
// A peer that has failed waits before its next key is looked at, also when that one is right: otherwise the time of the
// answer would tell a wrong key early. Peers are told apart by their origin, see originOf; one does not wait for another's
// failures.
type guard struct {
	digest [sha256.Size]byte

	mu    sync.Mutex
	peers map[string]*failures
}

// failures is what is known about a peer that presented wrong keys.
type failures struct {
	count int
	last  time.Time
}

func newGuard(key string) *guard {
	return &guard{digest: sha256.Sum256([]byte(key)), peers: make(map[string]*failures)}
}

// delay returns how long peer has to wait from now on before its next key is looked at.
func (g *guard) delay(now time.Time, peer string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.entry(now, peer)
	if f == nil {
		return 0
	}
	wait := guardDelayMax
	if f.count < 7 { // 100 ms << 6 exceeds the maximum
		wait = min(guardDelayMin<<(f.count-1), guardDelayMax)
	}
	return max(0, f.last.Add(wait).Sub(now))
}

// check says whether key is right, and remembers the outcome for peer.
func (g *guard) check(now time.Time, peer string, key string) bool {
	digest := sha256.Sum256([]byte(key))
	right := subtle.ConstantTimeCompare(digest[:], g.digest[:]) == 1
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.entry(now, peer)
	switch {
	case right:
		delete(g.peers, peer)
	case f == nil:
		g.add(now, peer)
	default:
		f.count, f.last = f.count+1, now
	}
	return right
}

// entry returns what is held against peer, or nil.
func (g *guard) entry(now time.Time, peer string) *failures {
	f := g.peers[peer]
	if f == nil && len(g.peers) >= guardPeersMax {
		f = g.peers[""]
	}
	if f == nil || now.Sub(f.last) >= guardForget {
		return nil
	}
	return f
}

// add begins an entry for peer, or for the rest of the world when there is no more room.
func (g *guard) add(now time.Time, peer string) {
	if len(g.peers) >= guardPeersMax {
		for old, f := range g.peers {
			if now.Sub(f.last) >= guardForget {
				delete(g.peers, old)
			}
		}
	}
	if len(g.peers) >= guardPeersMax {
		peer = ""
	}
	g.peers[peer] = &failures{count: 1, last: now}
}

// originOf returns what the guard knows a peer by: the IPv4 address, the network of an IPv6 address, of whose addresses one host has
// as many as it likes, or the user behind a Unix socket; empty when nothing is known.
func originOf(remote net.Addr) string {
	if p, ok := remote.(process); ok && p.known {
		return "uid " + strconv.Itoa(p.uid)
	}
	ap, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return ""
	}
	ip := ap.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.Prefix(originBits)
	return network.String()
}
