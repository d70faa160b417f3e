package process

import "net"

// FreeAddresses returns n TCP addresses of host with ports that are different and that nobody holds. The host should be one that
// nobody else uses, or somebody may take a port before the program does.
func FreeAddresses(host string, n int) ([]string, error) {
	var list []string
	for range n {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return nil, err
		}
		defer l.Close() // all are held to the end, so that none comes twice
		list = append(list, l.Addr().String())
	}
	return list, nil
}
