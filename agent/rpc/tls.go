package rpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
)

// pemBytesMax bounds a file with certificates: all that a system trusts is a quarter of it.
const pemBytesMax = 1 << 20

// TLSFiles names the PEM files of one side of TLS connections, which are of version 1.3.
type TLSFiles struct {
	// Cert and Key are this side's certificate, with the intermediate ones behind it, and its key. A server must have them.
	Cert, Key string
	// CA holds the certificates by which the other side's is judged. A client must have them; a server that has them demands a
	// certificate of each client.
	CA string
}

// Server returns the settings of a server. The files must be good now; certificate and key are read again when they
// have changed, for the next client. If that fails, the old ones stay and failed, unless nil, is told why.
func (f TLSFiles) Server(failed func(error)) (*tls.Config, error) {
	pair := &renewed{files: f, failed: failed}
	if err := pair.load(); err != nil {
		return nil, err
	}
	cfg := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.current(), nil },
	}
	if f.CA == "" {
		return cfg, nil
	}
	pool, err := loadCA(f.CA)
	cfg.ClientCAs, cfg.ClientAuth = pool, tls.RequireAndVerifyClientCert
	return cfg, err
}

// Client returns the settings of a client. serverName is what the agent's certificate must be for; empty: the host of
// its address.
func (f TLSFiles) Client(serverName string) (*tls.Config, error) {
	pool, err := loadCA(f.CA)
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, ServerName: serverName}
	if f.Cert == "" && f.Key == "" {
		return cfg, nil
	}
	pair := &renewed{files: f}
	err = pair.load()
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.current(), nil }
	return cfg, err
}

func loadCA(path string) (*x509.CertPool, error) {
	pem, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return pool, nil
}

func readPEM(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, pemBytesMax+1))
	if err == nil && len(pem) > pemBytesMax {
		err = fmt.Errorf("%s has more than %d bytes", path, pemBytesMax)
	}
	return pem, err
}

// renewed is a certificate with its key that follows its files. It is safe for concurrent use.
type renewed struct {
	files  TLSFiles
	failed func(error)

	mu    sync.Mutex
	pair  *tls.Certificate
	state [2]fileState // of the files when they were last read
}

// fileState tells one content of a file from another.
type fileState struct {
	modified, bytes int64
}

// current returns the newest certificate that could be read.
func (r *renewed) current() *tls.Certificate {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.states() == r.state {
		return r.pair
	}
	if err := r.load(); err != nil && r.failed != nil {
		r.failed(err)
	}
	return r.pair
}

// load reads the files. On an error the pair is as before; the same files are not tried twice.
func (r *renewed) load() error {
	if r.files.Cert == "" || r.files.Key == "" {
		return errors.New("a certificate needs its key, and a key its certificate: two files in PEM form")
	}
	r.state = r.states()
	cert, err := readPEM(r.files.Cert)
	if err != nil {
		return err
	}
	key, err := readPEM(r.files.Key)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", r.files.Cert, r.files.Key, err)
	}
	r.pair = &pair
	return nil
}

// states examines the files; one that cannot be examined has none.
func (r *renewed) states() (s [2]fileState) {
	for i, path := range [...]string{r.files.Cert, r.files.Key} {
		if info, err := os.Stat(path); err == nil {
			s[i] = fileState{info.ModTime().UnixNano(), info.Size()}
		}
	}
	return s
}

// startTLS agrees upon TLS with the agent at address. On an error nc is closed.
func startTLS(ctx context.Context, nc net.Conn, address string, cfg *tls.Config) (net.Conn, error) {
	if cfg.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, errors.Join(err, nc.Close())
		}
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	tc := tls.Client(nc, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("TLS with %s: %w", address, err)
	}
	return tc, nil
}

// handshaker is a connection that has something to agree upon first: that of TLS.
type handshaker interface {
	HandshakeContext(ctx context.Context) error
}

// plainConn returns the connection of a client that began to speak without TLS, as err says; nil for other errors.
func plainConn(err error) net.Conn {
	var e tls.RecordHeaderError
	if errors.As(err, &e) {
		return e.Conn
	}
	return nil
}

// abort ends nc at once: the good-bye of TLS would wait for a peer that does not read.
func abort(nc net.Conn) {
	if outer, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = outer.NetConn()
	}
	_ = nc.Close()
}
