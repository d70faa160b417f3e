package membership

import "net/netip"

// tagCacheMax is how many different sets of tags are shared at one time. Most clusters have a handful.
const tagCacheMax = 256

// tagCache lets members with equal metadata share one map of tags. When it is full it starts afresh. The zero value is
// ready for use.
type tagCache struct {
	byMeta map[string]map[string]string
}

// decode is DecodeTags.
func (c *tagCache) decode(meta []byte) (map[string]string, error) {
	if tags, known := c.byMeta[string(meta)]; known {
		return tags, nil
	}
	tags, err := DecodeTags(meta)
	if err != nil {
		return tags, err
	}
	if len(c.byMeta) >= tagCacheMax || c.byMeta == nil {
		c.byMeta = make(map[string]map[string]string)
	}
	c.byMeta[string(meta)] = tags
	return tags, nil
}

// unmapped returns a with an IPv4 address in its 4-byte form.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
